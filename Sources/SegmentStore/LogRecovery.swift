import LogLine
import Replication

/// Opens a log that is there: reads all of it, decides what of its end to keep, and leaves it whole and
/// synced.
///
/// Happy path: every segment is whole and ends where the note says. Then only the note and the boot record
/// are written.
///
/// What else it may find:
/// - Damage (`LogSurvey`): not the work of a crash, since what a crash can touch was not synced. Nothing is
///   changed.
/// - Behind the note stand whole lines: they are kept. A sync that failed may have left them readable in
///   memory but not on disk, so they are written anew, byte for byte, and synced before anybody sees them.
/// - Behind them stands something else: it never was acknowledged (a torn group leaves such). It is copied to
///   a file of its own, synced, and cut off.
/// - The run before acknowledged lines before they were synced, and did not end in order: a new epoch is due
///   if the machine was restarted since or something is cut off. It is written before anything is cut, so
///   that a crash in between cannot lose the reason for it.
///
/// A crash of recovery at any point leaves a log that recovery opens with the same lines.
struct LogRecovery {
    let directory: LogDirectory
    let epoch: Epoch
    let boot: BootRecord

    func run(newEpoch: () -> Epoch, visit: LineVisitor) throws(LogError) -> (WriterStart, Recovery) {
        let survey = try LogSurvey(directory, visit: visit)
        if let damage = survey.damage {
            throw LogError(
                .damaged,
                "\(damage). Nothing was changed; see `chatctl log check` and `chatctl log repair`")
        }
        guard let last = survey.parts.last else { preconditionFailure("a log without segments") }
        var recovery = Self.recovery(survey, epoch)
        if try isEpochDue(cutBytes: last.restBytes) {
            recovery.epoch = newEpoch()
            recovery.isNewEpoch = true
            try directory.write(epoch: recovery.epoch)
        }
        let file = try directory.open(directory.segmentPath(first: last.first), .update)
        recovery.cutBytes = last.restBytes
        recovery.cutFile = try file.settle(last, in: directory, epoch: epoch, next: recovery.head.next)
        return (try begin(last, file, survey), recovery)
    }

    private static func recovery(_ survey: LogSurvey, _ epoch: Epoch) -> Recovery {
        let scanner = survey.scanner
        return Recovery(
            epoch: epoch, isNewEpoch: false, head: scanner.history.offset, digest: scanner.history.digest,
            time: scanner.history.offset > .zero ? scanner.time : nil, streamEnd: scanner.streamEnd,
            segments: survey.parts.count)
    }

    /// Whether acknowledged lines may be missing.
    private func isEpochDue(cutBytes: Int) throws(LogError) -> Bool {
        // A record that cannot be read could be of any run: the careful answer is a new epoch.
        guard let last = try directory.readBoot() else { return true }
        return last.mayHaveLostLines(now: boot, cutBytes: cutBytes)
    }

    private func begin(
        _ last: LogSurvey.Part, _ file: LogFile, _ survey: LogSurvey
    ) throws(LogError) -> WriterStart {
        let bytes = last.finding.validBytes
        let note = try openSlots(directory.notePath)
        try note.write(SyncNote(segment: last.first, bytes: bytes, history: survey.scanner.history).encode)
        try note.sync()
        return WriterStart(
            directory: directory, table: SegmentTable(directory: directory, segments: Self.table(survey)),
            note: note, boot: try beginRun(), bootRecord: boot, segment: last.first, file: file, bytes: bytes,
            history: survey.scanner.history)
    }

    private static func table(_ survey: LogSurvey) -> [SegmentTable.Segment] {
        var start: UInt64 = 0
        return survey.parts.map { part in
            defer { start += UInt64(part.finding.validBytes) }
            return SegmentTable.Segment(first: part.first, start: start, bytes: part.finding.validBytes)
        }
    }

    /// The new run is on disk before it acknowledges anything.
    private func beginRun() throws(LogError) -> SlotFile {
        guard try directory.readBoot() != nil else {
            try directory.replace(directory.bootPath, with: SlotFile.newFile(boot.encode))
            return try openSlots(directory.bootPath)
        }
        let file = try openSlots(directory.bootPath)
        try file.write(boot.encode)
        try file.sync()
        return file
    }

    private func openSlots(_ path: String) throws(LogError) -> SlotFile {
        guard let file = try SlotFile.open(path, in: directory) else {
            throw LogError(.ioError, "\(path) does not read as it did before")
        }
        return file
    }
}

extension LogFile {
    /// Leaves of a segment exactly its valid lines, on disk.
    ///
    /// - Returns: where what was cut off is kept; nil when nothing was.
    func settle(
        _ part: LogSurvey.Part, in directory: LogDirectory, epoch: Epoch, next: Offset
    ) throws(LogError) -> String? {
        let valid = part.finding.validBytes
        var cutFile: String?
        if part.restBytes > 0 {
            cutFile = try directory.keepAside(
                valid..<part.finding.fileBytes, of: self, epoch: epoch, offset: next)
            try truncate(to: valid)
        }
        try rewrite(min(part.syncedBytes, valid)..<valid)
        try sync()
        return cutFile
    }
}
