import LogLine
import Replication

/// What became of a group.
enum CommitOutcome {
    /// It is durable, as the durability mode defines it.
    case durable(through: Offset)
    /// Nothing of it was kept; the log ends where it ended before.
    case refused(durable: Offset, LogError)
    /// The writer must not be used any more.
    case failed(LogError)
}

/// Writes groups of lines into segments, one after the other, and makes them durable.
///
/// Happy path: the group is written behind the last acknowledged byte of the last segment, `fdatasync`
/// follows, then the note says so, then the group counts as acknowledged. A group that would make the segment
/// too large begins a new one: the full segment is synced, then the new file is made, then its directory is
/// synced, then the note is written and synced. So a segment with a later one beside it is whole on disk, and
/// a segment with lines is known to the note.
///
/// Failure modes:
/// - A write fails: what it left is cut off, and the cut synced, before the group is reported as refused.
///   (Were the cut not synced, bytes of the refused group could appear again behind those of the next one.)
/// - A roll fails: the group is refused; the next one tries the roll again, since the new file may be there.
/// - The note cannot be written: it stays behind, which only makes it say less; but a roll needs it and
///   fails.
/// - A sync or the cut fails: terminal. What is on disk is unknown; recovery finds out.
///
/// No thread and no clock of its own: one owner drives it, `now` counts from any fixed point.
final class SegmentWriter {
    private(set) var statistics = StoreStatistics()

    private let directory: LogDirectory
    private let options: StoreOptions
    private let table: SegmentTable
    private let note: SlotFile
    private let boot: SlotFile
    private let bootRecord: BootRecord
    private let now: () -> Duration
    private let joined = ByteBuffer()

    private var segment: Offset
    private var file: LogFile
    /// Of the segment, acknowledged; everything is written behind them.
    private var bytes: Int
    private var acknowledged: HistoryPoint
    /// When the first byte that is not synced was written; nil when all are.
    private var unsyncedSince: Duration?
    private var noteSyncedAt: Duration
    private var mustRoll = false

    init(_ start: WriterStart, options: StoreOptions, now: @escaping () -> Duration) {
        directory = start.directory
        table = start.table
        note = start.note
        boot = start.boot
        bootRecord = start.bootRecord
        segment = start.segment
        file = start.file
        bytes = start.bytes
        acknowledged = start.history
        self.options = options
        self.now = now
        noteSyncedAt = now()
    }

    /// Writes the group and makes it durable. After `failed` nothing else may be called.
    func commit(_ group: WriteGroup) -> CommitOutcome {
        let history = group.history(after: acknowledged)
        do {
            try rollIfFull(for: group.bytes)
            try write(group)
        } catch {
            return refuse(error)
        }
        unsyncedSince = unsyncedSince ?? now()
        bytes += group.bytes
        acknowledged = history
        if options.durability == .sync {
            do { try sync() } catch { return .failed(error) }
        }
        table.grow(by: group.bytes)
        count(group)
        return .durable(through: history.offset)
    }

    /// When `tick` has something to do; nil: not before the next group.
    var deadline: Duration? {
        let noteDue = note.isDirty ? noteSyncedAt + StoreLimits.noteSyncInterval : nil
        guard let syncDue else { return noteDue }
        return min(syncDue, noteDue ?? syncDue)
    }

    /// Syncs what is due. An error is terminal.
    func tick() throws(LogError) {
        if let syncDue, now() >= syncDue { try sync() }
        try syncNoteIfDue()
    }

    /// Makes everything durable and marks the shutdown as clean. An error is terminal.
    func close() throws(LogError) {
        if unsyncedSince != nil { try sync() }
        try note.write(noteRecord.encode)
        try note.sync()
        let record = BootRecord(bootID: bootRecord.bootID, durability: options.durability, isClean: true)
        try boot.write(record.encode)
        try boot.sync()
    }
}

// MARK: Writing

extension SegmentWriter {
    /// A single batch goes to the file as it is, several are joined: cheaper than a vector of small pieces.
    private func write(_ group: WriteGroup) throws(LogError) {
        guard group.batches.count > 1 else {
            for batch in group.batches { try file.write(at: bytes, batch.pointer) }
            return
        }
        joined.truncate(to: 0)
        joined.reserve(group.bytes)
        for batch in group.batches { joined.append(batch) }
        try file.write(at: bytes, joined.pointer)
    }

    private func refuse(_ error: LogError) -> CommitOutcome {
        guard error.code != .syncFailed else { return .failed(error) }
        do {
            try file.truncate(to: bytes)
            try sync()
        } catch {
            return .failed(error)
        }
        statistics.refusals += 1
        return .refused(durable: acknowledged.offset, error)
    }

    private func count(_ group: WriteGroup) {
        statistics.groups += 1
        statistics.batches += UInt64(group.batches.count)
        statistics.bytesWritten += UInt64(group.bytes)
    }

    private func rollIfFull(for groupBytes: Int) throws(LogError) {
        let isFull = bytes > 0 && bytes + groupBytes > options.segmentBytesMax
        guard isFull || mustRoll else { return }
        mustRoll = true
        if unsyncedSince != nil { try sync() }
        let first = acknowledged.offset.next
        let next = try directory.open(directory.segmentPath(first: first), .create)
        try directory.sync(directory: directory.segmentsPath)
        try note.write(SyncNote(segment: first, bytes: 0, history: acknowledged).encode)
        try syncNote()
        table.roll(first: first)
        segment = first
        file = next
        bytes = 0
        mustRoll = false
        statistics.rolls += 1
    }
}

// MARK: Syncing

extension SegmentWriter {
    private var noteRecord: SyncNote { SyncNote(segment: segment, bytes: bytes, history: acknowledged) }

    private var syncDue: Duration? {
        guard let unsyncedSince, case .interval(let interval) = options.durability else { return nil }
        return unsyncedSince + interval
    }

    private func sync() throws(LogError) {
        let start = now()
        try file.sync()
        statistics.syncs += 1
        statistics.lastSyncDuration = now() - start
        unsyncedSince = nil
        do { try note.write(noteRecord.encode) } catch { statistics.noteFailures += 1 }
        try syncNoteIfDue()
    }

    private func syncNoteIfDue() throws(LogError) {
        guard note.isDirty, now() >= noteSyncedAt + StoreLimits.noteSyncInterval else { return }
        try syncNote()
    }

    private func syncNote() throws(LogError) {
        try note.sync()
        noteSyncedAt = now()
        statistics.noteSyncs += 1
    }
}
