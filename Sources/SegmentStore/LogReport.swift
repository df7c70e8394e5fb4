import LogLine
import Replication

/// What a look at a log found.
public struct LogReport: Sendable, Equatable {
    public enum Verdict: Sendable, Equatable {
        /// Everything is as it was written.
        case whole
        /// Behind the last line stand this many bytes that were never acknowledged; the service cuts them off
        /// when it starts. (Or it is just writing them.)
        case torn(bytes: Int, LogProblem)
        /// The service refuses to start.
        case damaged(LogProblem)
    }

    public struct Segment: Sendable, Equatable {
        public let file: String
        public let first: Offset
        public let lines: Int
        /// Of its valid lines.
        public let bytes: Int
    }

    public let epoch: Epoch
    /// Whether a service has the directory's lock.
    public let isInUse: Bool
    /// Up to the end of the history.
    public let segments: [Segment]
    /// Of the last valid line.
    public let head: Offset
    public let digest: Digest
    /// The last line that is noted as synced; nil without a valid note.
    public let synced: Offset?
    public let verdict: Verdict

    init(_ survey: LogSurvey, _ directory: LogDirectory, epoch: Epoch, isInUse: Bool) {
        self.epoch = epoch
        self.isInUse = isInUse
        head = survey.scanner.history.offset
        digest = survey.scanner.history.digest
        synced = survey.note?.history.offset
        segments = survey.parts.indices.map { index in
            let part = survey.parts[index]
            let isLast = index == survey.parts.count - 1
            let next = isLast ? survey.scanner.history.offset.next : survey.parts[index + 1].first
            return Segment(
                file: directory.segmentPath(first: part.first), first: part.first, lines: next - part.first,
                bytes: part.finding.validBytes)
        }
        verdict = Self.verdict(survey, directory)
    }

    private static func verdict(_ survey: LogSurvey, _ directory: LogDirectory) -> Verdict {
        if let damage = survey.damage { return .damaged(damage) }
        guard let last = survey.parts.last, let problem = last.finding.problem else { return .whole }
        return .torn(
            bytes: last.restBytes,
            LogProblem(
                file: directory.segmentPath(first: last.first), byte: problem.byte, offset: problem.offset,
                detail: problem.detail))
    }
}

/// What a repair did.
public struct RepairReport: Sendable, Equatable {
    /// The log's new one.
    public let epoch: Epoch
    /// Of the last line that was kept.
    public let head: Offset
    public let digest: Digest
    /// Where everything behind it is kept.
    public internal(set) var cutFiles: [String] = []
}
