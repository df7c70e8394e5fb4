import LogLine
import Replication

/// Puts what is left of lines in their place, in a log that no service uses.
///
/// Happy path, for each segment that holds such lines: a copy with the new lines is written beside it and
/// synced; it takes the segment's name; the directory is synced. Offsets, times and crcs stay, so epoch and
/// digest do; positions move, and the note of the synced end (if it tells of this segment) with them.
///
/// Failure modes:
/// - A crash, or an error, before the copy has the name: the segment is as it was. The copy is overwritten by
///   the next redaction in this segment; `segments/` may hold it, no reader looks at it.
/// - Between two segments: some lines have lost what they said, others not yet. Doing it again does the rest.
/// - Around the renaming: the note must be true of either file. So it is taken back to before the first
///   changed line first, and set right behind; in between, recovery treats what follows as behind the note.
public struct LogRedactor {
    /// What is to stand in the place of a line (given without its newline), with its newline; nil: it stays.
    public typealias Replacement = (LineScan, UnsafeRawBufferPointer) throws(LogError) -> [UInt8]?

    private let directory: LogDirectory

    public init(directory path: String, files: any FilePort = SystemFiles()) {
        directory = LogDirectory(path, files: files)
    }

    /// Reads all lines, asks for what is to stand in their place, and rewrites the segments of those that are
    /// to change; durable on return.
    ///
    /// Precondition: what `replacement` returns has the line's offset, time and crc.
    /// - Throws: `unusable` when there is no log; `locked` while a service uses the directory; `damaged` when
    ///   there is something to repair or to cut off first; what `replacement` threw; else what the disk
    ///   answered.
    public func run(_ replacement: Replacement) throws(LogError) -> RedactionReport {
        guard case .log(let epoch, _) = try directory.examine() else {
            throw LogError(.unusable, "there is no log in \(directory.path)")
        }
        let lock = try DirectoryLock.acquire(directory)
        defer { withExtendedLifetime(lock) {} }
        var changes = LineChanges()
        let survey = try LogSurvey(directory) { (scan, bytes, position) throws(LogError) in
            try changes.take(scan, bytes, position, replacement)
        }
        try rewrite(changes.list, try wholeNote(survey), survey)
        let history = survey.scanner.history
        return RedactionReport(
            epoch: epoch, head: history.offset, digest: history.digest,
            hasCutFiles: try directory.list(directory.cutPath)?.isEmpty == false)
    }

    /// The note of a log that can be opened as it is.
    private func wholeNote(_ survey: LogSurvey) throws(LogError) -> SyncNote {
        if let damage = survey.damage {
            throw LogError(.damaged, "\(damage). Nothing was changed; see `chatctl log repair`")
        }
        guard let note = survey.note, let last = survey.parts.last, last.finding.problem == nil else {
            throw LogError(
                .damaged,
                "behind offset \(survey.scanner.history.offset) stands what was never acknowledged; start "
                    + "the service once, which keeps it aside. Nothing was changed")
        }
        return note
    }

    private func rewrite(
        _ changes: [LineChange], _ note: SyncNote, _ survey: LogSurvey
    ) throws(LogError) {
        var rest = changes[...]
        var start: UInt64 = 0
        for part in survey.parts {
            let end = start + UInt64(part.finding.validBytes)
            let here = rest.prefix { $0.position < end }
            rest = rest.dropFirst(here.count)
            if !here.isEmpty {
                let changed = ChangedSegment(
                    first: part.first, start: start, bytes: part.finding.validBytes, changes: here)
                try rewrite(changed, note)
            }
            start = end
        }
    }

    private func rewrite(_ segment: ChangedSegment, _ note: SyncNote) throws(LogError) {
        let path = directory.segmentPath(first: segment.first)
        let copy = try directory.open("\(path).new", .create)
        do throws(LogError) {
            try segment.write(try directory.open(path, .read), to: copy)
            try copy.sync()
        } catch {
            // Best effort: gives the room back; the copy is of no use to anybody.
            try? copy.truncate(to: 0)
            throw error
        }
        let isNoted = note.segment == segment.first && note.bytes > segment.firstChange
        if isNoted { try write(segment.noteBefore) }
        try directory.rename(copy.path, to: path)
        try directory.sync(directory: directory.segmentsPath)
        if isNoted { try write(segment.moved(note)) }
    }

    private func write(_ note: SyncNote) throws(LogError) {
        try directory.replace(directory.notePath, with: SlotFile.newFile(note.encode))
    }
}

/// What a redaction left.
public struct RedactionReport: Sendable, Equatable {
    /// As before.
    public let epoch: Epoch
    /// Of the last line.
    public let head: Offset
    /// As before.
    public let digest: Digest
    /// Whether `cut/` holds bytes that recovery or repair took out: what was erased may stand there, too.
    public let hasCutFiles: Bool
}
