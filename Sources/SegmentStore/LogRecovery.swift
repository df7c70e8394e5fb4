import LogLine
import Replication

/// Opens a log that is there: reads all of it, decides what of its end to keep, and leaves it whole and synced.
///
/// Happy path: every segment is whole and ends where the note says. Then nothing is written but the boot record.
///
/// What else it may find:
/// - Before the note, or in a segment with a later one beside it, something is not as it was written: `damaged`.
///   Nothing is changed. Such bytes were synced, so this is not the work of a crash.
/// - No valid note: the same, since then nobody knows what must be there.
/// - Behind the note stand whole lines: they are kept. A sync that failed may have left them readable in memory but
///   not on disk, so they are written anew, byte for byte, and synced before anybody sees them.
/// - Behind them stands something else: it never was acknowledged (a torn group leaves such). It is copied to a file
///   of its own, synced, and cut off.
/// - The run before acknowledged lines before they were synced, and did not end in order: a new epoch is due if the
///   machine was restarted since or something was cut off. It is written before anything is cut, so that a crash in
///   between cannot lose the reason for it.
///
/// A crash of recovery at any point leaves a log that recovery opens with the same lines.
struct LogRecovery {
    let directory: LogDirectory
    let epoch: Epoch
    let segments: [Offset]
    let boot: BootRecord

    /// What the segments hold, and what of the last one is to be kept.
    private struct Tail {
        var file: LogFile
        var first: Offset
        var finding: SegmentScanner.Finding
        /// Where what is known to be synced ends.
        var syncedBytes: Int
    }

    func run(
        newEpoch: () -> Epoch, visit: LineVisitor
    ) throws(LogError) -> (WriterStart, Recovery) {
        let note = try readNote()
        var scanner = SegmentScanner()
        var table: [SegmentTable.Segment] = []
        var last: Tail?
        for first in segments {
            let isLast = first == segments.last
            let tail = try scan(first, &scanner, note, isLast: isLast, visit)
            table.append(
                SegmentTable.Segment(
                    first: first, start: scanner.streamEnd - UInt64(tail.finding.validBytes),
                    bytes: tail.finding.validBytes))
            last = tail
        }
        guard let last else { preconditionFailure("a log without segments") }
        var recovery = recovery(scanner)
        let cutBytes = last.finding.fileBytes - last.finding.validBytes
        if try isEpochDue(cutBytes: cutBytes) {
            recovery.epoch = newEpoch()
            recovery.isNewEpoch = true
            try directory.write(epoch: recovery.epoch)
        }
        try settle(last, &recovery)
        return (try finish(last, scanner, table), recovery)
    }

    private func recovery(_ scanner: SegmentScanner) -> Recovery {
        Recovery(
            epoch: epoch, isNewEpoch: false, head: scanner.history.offset, digest: scanner.history.digest,
            time: scanner.history.offset > .zero ? scanner.time : nil, streamEnd: scanner.streamEnd,
            segments: segments.count)
    }
}

// MARK: Reading

extension LogRecovery {
    private func readNote() throws(LogError) -> SyncNote {
        guard let note = try directory.readNote() else {
            throw damage("\(directory.notePath) is missing or neither of its records is valid")
        }
        guard segments.contains(note.segment) else {
            let path = directory.segmentPath(first: note.segment)
            throw damage("\(path) is missing: \(directory.notePath) tells of \(note.bytes) bytes in it")
        }
        return note
    }

    private func scan(
        _ first: Offset, _ scanner: inout SegmentScanner, _ note: SyncNote, isLast: Bool, _ visit: LineVisitor
    ) throws(LogError) -> Tail {
        let path = directory.segmentPath(first: first)
        guard first == scanner.history.offset.next else {
            throw damage("\(path) begins at offset \(first), but \(scanner.history.offset.next) comes next")
        }
        let file = try directory.open(path, isLast ? .update : .read)
        let noteBytes = note.segment == first ? note.bytes : nil
        let finding = try scanner.scan(file, checkpoint: noteBytes, visit: visit)
        let syncedBytes = noteBytes ?? (first < note.segment ? finding.fileBytes : 0)
        if let problem = finding.problem, !isLast || finding.validBytes < syncedBytes {
            throw damage(
                "\(path), byte \(problem.byte), offset \(problem.offset): \(problem.detail); "
                    + "what stands there was synced before")
        }
        if let noteBytes { try check(note, noteBytes, finding, path) }
        return Tail(file: file, first: first, finding: finding, syncedBytes: syncedBytes)
    }

    /// The history must be the one the note tells of.
    private func check(
        _ note: SyncNote, _ noteBytes: Int, _ finding: SegmentScanner.Finding, _ path: String
    ) throws(LogError) {
        guard finding.validBytes >= noteBytes else {
            throw damage(
                "\(path) ends at byte \(finding.validBytes), but \(directory.notePath) says that "
                    + "\(noteBytes) bytes up to offset \(note.history.offset) were synced")
        }
        guard let found = finding.checkpoint, found == note.history else {
            let found = finding.checkpoint.map { "offset \($0.offset) with digest \($0.digest)" }
            throw damage(
                "\(path), byte \(noteBytes), offset \(note.history.offset): \(directory.notePath) says that a "
                    + "line with digest \(note.history.digest) ends there, not \(found ?? "the inside of a line")"
            )
        }
    }

    private func damage(_ detail: String) -> LogError {
        LogError(.damaged, "\(detail). Nothing was changed; see `chatctl log check` and `chatctl log repair`")
    }
}

// MARK: Settling

extension LogRecovery {
    /// Whether acknowledged lines may be missing.
    private func isEpochDue(cutBytes: Int) throws(LogError) -> Bool {
        // A record that cannot be read could be of any run: the careful answer is a new epoch.
        guard let last = try directory.readBoot() else { return true }
        return last.mayHaveLostLines(now: boot, cutBytes: cutBytes)
    }

    private func settle(_ tail: Tail, _ recovery: inout Recovery) throws(LogError) {
        let finding = tail.finding
        if finding.fileBytes > finding.validBytes {
            let bytes = finding.validBytes..<finding.fileBytes
            recovery.cutFile = try directory.keepAside(
                bytes, of: tail.file, epoch: epoch, offset: recovery.head.next)
            recovery.cutBytes = bytes.count
            try tail.file.truncate(to: finding.validBytes)
        }
        try tail.file.rewrite(min(tail.syncedBytes, finding.validBytes)..<finding.validBytes)
        try tail.file.sync()
    }

    private func finish(
        _ last: Tail, _ scanner: SegmentScanner, _ table: [SegmentTable.Segment]
    ) throws(LogError) -> WriterStart {
        let record = SyncNote(
            segment: last.first, bytes: last.finding.validBytes, history: scanner.history)
        guard let note = try SlotFile.open(directory.notePath, in: directory) else {
            throw damage("\(directory.notePath) cannot be read any more")
        }
        try note.write(record.encode)
        try note.sync()
        return WriterStart(
            directory: directory, table: SegmentTable(directory: directory, segments: table), note: note,
            boot: try beginRun(), bootRecord: boot, segment: last.first, file: last.file,
            bytes: last.finding.validBytes, history: scanner.history)
    }

    /// The new run is on disk before it acknowledges anything.
    private func beginRun() throws(LogError) -> SlotFile {
        if let file = try SlotFile.open(directory.bootPath, in: directory) {
            try file.write(boot.encode)
            try file.sync()
            return file
        }
        try directory.replace(directory.bootPath, with: SlotFile.newFile(boot.encode))
        guard let file = try SlotFile.open(directory.bootPath, in: directory) else {
            throw LogError(.ioError, "\(directory.bootPath) does not read as it was written")
        }
        return file
    }
}
