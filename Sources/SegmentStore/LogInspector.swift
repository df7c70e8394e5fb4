import LogLine
import Replication

/// Looks at a log's directory without the service, and repairs it.
public struct LogInspector {
    private let directory: LogDirectory

    public init(directory path: String, files: any FilePort = SystemFiles()) {
        directory = LogDirectory(path, files: files)
    }

    /// Reads everything and changes nothing; may be used while a service writes.
    ///
    /// - Throws: `unusable` when there is no log that could be checked; else what the disk answered.
    public func check() throws(LogError) -> LogReport {
        let isInUse = try DirectoryLock.isHeld(directory)
        guard case .log(let epoch, _) = try directory.examine() else {
            throw LogError(.unusable, "there is no log in \(directory.path)")
        }
        let survey = try LogSurvey(directory) { _, _, _ in }
        return LogReport(survey, directory, epoch: epoch, isInUse: isInUse)
    }

    /// Makes a log that can be opened of one that cannot: keeps the lines from the first one on as long as
    /// they continue each other, moves everything behind them to `cut/`, and gives the log a new epoch,
    /// because acknowledged lines may be missing. The epoch is written first: whatever else a crash leaves
    /// undone, no log with a shorter history ever has the old one.
    ///
    /// - Parameter newEpoch: made at random.
    /// - Returns: nil when nothing has to be repaired; then nothing was changed.
    /// - Throws: `unusable` when there is no log at all; `locked` while a service uses the directory;
    ///   else what the disk answered.
    public func repair(newEpoch: Epoch) throws(LogError) -> RepairReport? {
        guard try directory.holdsAnything() else {
            throw LogError(.unusable, "there is no log in \(directory.path)")
        }
        let lock = try DirectoryLock.acquire(directory)
        defer { withExtendedLifetime(lock) {} }
        let survey = try LogSurvey(directory) { _, _, _ in }
        guard try needsRepair(survey) else { return nil }
        // An epoch file that cannot be read is one of the things repaired here.
        let oldEpoch = try? directory.readEpoch()
        try directory.write(epoch: newEpoch)
        var report = RepairReport(
            epoch: newEpoch, head: survey.scanner.history.offset, digest: survey.scanner.history.digest)
        for first in survey.unreached {
            report.cutFiles.append(try directory.moveAside(segment: first, epoch: oldEpoch ?? newEpoch))
        }
        let cutFile = try settle(survey, epoch: oldEpoch ?? newEpoch)
        report.cutFiles += cutFile.map { [$0] } ?? []
        return report
    }

    /// Whether a service could not open it.
    private func needsRepair(_ survey: LogSurvey) throws(LogError) -> Bool {
        do {
            guard try directory.examine() != .nothing else { return false }
        } catch {
            guard error.code == .unusable else { throw error }
            return true
        }
        return survey.damage != nil
    }

    /// Leaves the last segment that is kept with exactly its lines, and a note and a boot record that say so.
    private func settle(_ survey: LogSurvey, epoch: Epoch) throws(LogError) -> String? {
        let clean = BootRecord(bootID: "", durability: .sync, isClean: true)
        guard let last = survey.parts.last else {
            try directory.prepare(boot: clean)
            return nil
        }
        let file = try directory.open(directory.segmentPath(first: last.first), .update)
        let everything = LogSurvey.Part(first: last.first, finding: last.finding, syncedBytes: 0)
        let history = survey.scanner.history
        let cutFile = try file.settle(everything, in: directory, epoch: epoch, next: history.offset.next)
        let note = SyncNote(segment: last.first, bytes: last.finding.validBytes, history: history)
        try directory.replace(directory.bootPath, with: SlotFile.newFile(clean.encode))
        try directory.replace(directory.notePath, with: SlotFile.newFile(note.encode))
        return cutFile
    }
}
