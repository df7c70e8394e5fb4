import LogLine
import Replication

/// What is wrong in a log's directory.
public struct LogProblem: Error, Equatable, Sendable, CustomStringConvertible {
    public let file: String
    /// Of the file.
    public let byte: Int
    /// Of the line that should stand there.
    public let offset: Offset
    public let detail: String

    public var description: String { "\(file), byte \(byte), offset \(offset): \(detail)" }
}

/// All that can be known of a log's lines by reading them; changes nothing.
///
/// Reading goes on until the lines do not continue each other any more. Damage is what a crash cannot
/// explain:
/// - no valid note, or the note tells of a history that is not there;
/// - a segment does not begin where the one before ended;
/// - in a segment with a later one beside it, or before the note, stands something that is no line of this
///   history.
struct LogSurvey {
    struct Part {
        let first: Offset
        let finding: SegmentScanner.Finding
        /// Up to where the note, or the segment behind, says that all is synced.
        let syncedBytes: Int

        /// What stands behind the last valid line. (While somebody writes, lines come in behind the measured
        /// end.)
        var restBytes: Int { max(0, finding.fileBytes - finding.validBytes) }
    }

    let note: SyncNote?
    private(set) var parts: [Part] = []
    /// Segments behind the end of the history.
    private(set) var unreached: [Offset]
    /// The first of it.
    private(set) var damage: LogProblem?
    private(set) var scanner = SegmentScanner()

    private let directory: LogDirectory

    /// Reads the whole log. The note is read first: what it tells of stays true while somebody else goes on
    /// writing.
    init(_ directory: LogDirectory, visit: LineVisitor) throws(LogError) {
        self.directory = directory
        note = try directory.readNote()
        unreached = try directory.segments() ?? []
        checkNote()
        while let first = unreached.first {
            guard first == scanner.history.offset.next else {
                add(at: directory.segmentPath(first: first), 0, "the file is named by offset \(first)")
                return
            }
            unreached.removeFirst()
            try read(first, visit)
            guard parts.last?.finding.problem == nil else { return }
        }
    }

    private mutating func checkNote() {
        guard let note else {
            return add(at: directory.notePath, 0, "it is missing, or neither of its records is valid")
        }
        guard !unreached.contains(note.segment) else { return }
        let path = directory.segmentPath(first: note.segment)
        add(at: path, 0, "the file is missing; \(note.bytes) bytes of it were synced")
    }

    private mutating func read(_ first: Offset, _ visit: LineVisitor) throws(LogError) {
        let path = directory.segmentPath(first: first)
        let noteBytes = note?.segment == first ? note?.bytes : nil
        let finding = try scanner.scan(
            try directory.open(path, .read), checkpoint: noteBytes, visit: visit)
        let isSealed = !unreached.isEmpty
        parts.append(
            Part(
                first: first, finding: finding, syncedBytes: isSealed ? finding.fileBytes : noteBytes ?? 0))
        if let problem = finding.problem, isSealed || finding.validBytes < noteBytes ?? 0 {
            let detail = "\(problem.detail); what stood there was synced"
            return add(at: path, problem.byte, offset: problem.offset, detail)
        }
        if let note, note.segment == first { check(note, finding, path) }
    }

    /// The history must be the one the note tells of.
    private mutating func check(_ note: SyncNote, _ finding: SegmentScanner.Finding, _ path: String) {
        let point = "offset \(note.history.offset) with digest \(note.history.digest)"
        let told = "\(point) was synced up to byte \(note.bytes)"
        guard finding.validBytes >= note.bytes else {
            return add(at: path, finding.validBytes, "the file ends, but \(told)")
        }
        guard finding.checkpoint != note.history else { return }
        let found = finding.checkpoint.map { "offset \($0.offset) with digest \($0.digest)" }
        add(
            at: path, note.bytes, offset: note.history.offset, "\(told), but there ends \(found ?? "no line")"
        )
    }

    private mutating func add(at file: String, _ byte: Int, offset: Offset? = nil, _ detail: String) {
        let offset = offset ?? scanner.history.offset.next
        damage = damage ?? LogProblem(file: file, byte: byte, offset: offset, detail: detail)
    }
}
