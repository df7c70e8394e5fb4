import Glibc
import LogLine
import Replication

/// Takes each line of a log in order: its scan, its bytes without the newline (valid only while it runs), and
/// the stream position it begins at.
public typealias LineVisitor = (LineScan, UnsafeRawBufferPointer, UInt64) throws(LogError) -> Void

/// Reads segment after segment and follows the history they hold, up to the first line that does not continue
/// it.
///
/// A line continues the history if and only if it is whole (`Line.scan`, which checks its crc), its offset is
/// the next one and its time is not before the one before it.
struct SegmentScanner {
    /// Of the last line that was taken.
    private(set) var history = HistoryPoint.zero
    private(set) var time = Timestamp(milliseconds: .min)
    /// The bytes of all lines that were taken.
    private(set) var streamEnd: UInt64 = 0

    private let buffer = ByteBlock(capacity: StoreLimits.scanBytes + LineLimits.lineBytesMax)

    /// What one segment holds.
    struct Finding {
        /// Up to the end of the last line that was taken.
        var validBytes = 0
        var fileBytes = 0
        /// Nil when the file ends with its last valid line.
        var problem: LineProblem?
        /// The history where the scan was asked to remember it; nil when no line ends there.
        var checkpoint: HistoryPoint?
    }

    /// Follows the lines of `file`.
    ///
    /// - Parameter checkpoint: a byte of the file: the finding tells the history up to the line that ends
    ///   there.
    mutating func scan(
        _ file: LogFile, checkpoint: Int? = nil, visit: LineVisitor
    ) throws(LogError) -> Finding {
        var finding = Finding()
        finding.fileBytes = try file.size()
        if checkpoint == 0 { finding.checkpoint = history }
        var filled = 0
        while finding.problem == nil {
            let room = UnsafeMutableRawBufferPointer(
                start: buffer.base + filled, count: buffer.capacity - filled)
            let count = try file.read(at: finding.validBytes + filled, into: room)
            filled += count
            guard filled > 0 else { break }
            let taken = try takeLines(filled, checkpoint: checkpoint, into: &finding, visit)
            filled -= taken
            memmove(buffer.base, buffer.base + taken, filled)
            if taken == 0, finding.problem == nil {
                finding.problem = problem(at: finding.validBytes, "the line has no end")
            }
        }
        return finding
    }

    /// Takes the whole lines among the first `filled` bytes of the buffer; returns how many bytes they have.
    private mutating func takeLines(
        _ filled: Int, checkpoint: Int?, into finding: inout Finding, _ visit: LineVisitor
    ) throws(LogError) -> Int {
        var start = 0
        while let newline = memchr(buffer.base + start, 0x0A, filled - start) {
            let end = UnsafeRawPointer(newline) - UnsafeRawPointer(buffer.base)
            let bytes = UnsafeRawBufferPointer(start: buffer.base + start, count: end - start)
            finding.problem = try take(bytes, at: finding.validBytes, visit)
            guard finding.problem == nil else { break }
            finding.validBytes += bytes.count + 1
            start = end + 1
            if finding.validBytes == checkpoint { finding.checkpoint = history }
        }
        return start
    }

    /// - Parameter byte: where the line begins in its file.
    private mutating func take(
        _ bytes: UnsafeRawBufferPointer, at byte: Int, _ visit: LineVisitor
    ) throws(LogError) -> LineProblem? {
        let scan: LineScan
        do { scan = try Line.scan(bytes) } catch { return problem(at: byte + error.byte, error.detail) }
        guard scan.offset == history.offset.next else {
            return problem(at: byte, "its offset is \(scan.offset)")
        }
        guard scan.time >= time else {
            return problem(at: byte, "its time is before that of the line before it")
        }
        try visit(scan, bytes, streamEnd)
        history.offset = scan.offset
        time = scan.time
        history.digest = history.digest.adding(crc: scan.crc)
        streamEnd += UInt64(bytes.count + 1)
        return nil
    }

    private func problem(at byte: Int, _ detail: String) -> LineProblem {
        LineProblem(byte: byte, offset: history.offset.next, detail: detail)
    }
}

/// Why a segment's bytes end to be a history.
public struct LineProblem: Equatable, Sendable {
    /// Of the segment's file.
    public let byte: Int
    /// Of the line that should stand there.
    public let offset: Offset
    public let detail: String
}
