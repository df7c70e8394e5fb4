import Glibc
import LogLine
import Replication

/// Reads sealed segments again, a piece at a time, to see whether they are still what was written. The last
/// one, which is being written, is not looked at: recovery does that.
///
/// A segment is whole if and only if every line is whole (`Line.scan`, which checks its crc), the first one
/// has the offset that the file is named by, each has the next offset, and the last line ends where the next
/// segment begins. Behind a damaged place the next whole line gives the count again, so that one place is one
/// damage. What cannot be read is damaged too.
///
/// Changes nothing on the disk. What the kernel did not hold before, it is told to drop again, so that a pass
/// does not push out what readers need; so a page that it holds is checked as readers get it.
struct SegmentScrub {
    enum Finding {
        case checked(bytes: Int)
        case endOfPass
    }

    private let table: SegmentTable
    private let directory: LogDirectory
    private let buffer: ByteBlock
    private let bytesMax: Int

    /// Which segment is read, counted from 0, and from which byte on.
    private var index = 0
    private var byte = 0
    private var file: LogFile?
    /// The offset of the line there; nil behind damage.
    private var expected: Offset?

    /// `bytesMax`: of a piece, as long as no line is longer.
    init(table: SegmentTable, directory: LogDirectory, bytesMax: Int) {
        self.table = table
        self.directory = directory
        self.bytesMax = bytesMax
        buffer = ByteBlock(capacity: max(bytesMax, LineLimits.lineBytesMax))
    }

    /// Goes on with the next piece, of about `bytes`; `report` gets what is damaged.
    mutating func step(_ bytes: Int, _ report: (ScrubReport.Damage) -> Void) -> Finding {
        guard let segment = table.sealed(index) else {
            index = 0
            begin()
            return .endOfPass
        }
        do throws(LogError) {
            if byte == 0 { expected = segment.first }
            let file = try opened(segment)
            return .checked(bytes: try check(segment, file, bytes: min(bytes, bytesMax), report))
        } catch {
            report(damage(segment, expected ?? segment.first, error.message))
            nextSegment()
            return .checked(bytes: 0)
        }
    }

    private mutating func opened(_ segment: SegmentTable.Segment) throws(LogError) -> LogFile {
        if let file { return file }
        let opened = try directory.open(directory.segmentPath(first: segment.first), .read)
        file = opened
        return opened
    }

    private mutating func begin() {
        byte = 0
        file = nil
        expected = nil
    }

    private mutating func nextSegment() {
        index += 1
        begin()
    }

    private mutating func check(
        _ segment: SegmentTable.Segment, _ file: LogFile, bytes: Int, _ report: (ScrubReport.Damage) -> Void
    ) throws(LogError) -> Int {
        let rest = segment.bytes - byte
        let wanted = min(rest, max(bytes, 1))
        let filled = try read(file, min(rest, wanted))
        var taken = takeLines(segment, filled, report)
        if taken == 0, filled < rest {
            // A line that is longer than the piece, or none at all.
            let more = try read(file, min(rest, buffer.capacity))
            taken = takeLines(segment, more, report)
            if taken == 0 { taken = endless(segment, more, report) }
        } else if filled == rest, taken < filled {
            taken += endless(segment, filled - taken, report)
        }
        if byte >= segment.bytes { finish(segment, report) }
        return taken
    }

    /// Bytes without a newline where a line should end.
    private mutating func endless(
        _ segment: SegmentTable.Segment, _ count: Int, _ report: (ScrubReport.Damage) -> Void
    ) -> Int {
        report(damage(segment, expected ?? segment.first, "the line has no end"))
        expected = nil
        byte += count
        return count
    }

    private mutating func finish(
        _ segment: SegmentTable.Segment, _ report: (ScrubReport.Damage) -> Void
    ) {
        if let expected, let next = table.first(of: index + 1), expected != next {
            report(damage(segment, expected, "the lines up to offset \(next.previous) are missing"))
        }
        nextSegment()
    }

    /// Fills the buffer from `byte` on; leaves the page cache as it was.
    private func read(_ file: LogFile, _ count: Int) throws(LogError) -> Int {
        let region = FileRegion(file: file.handle, offset: byte, count: count)
        let wasResident = file.files.isResident(region)
        let room = UnsafeMutableRawBufferPointer(start: buffer.base, count: count)
        let filled = try file.read(at: byte, into: room)
        if !wasResident { file.files.forget(region) }
        guard filled == count else {
            throw LogError(.damaged, "\(file.path), byte \(byte + filled): the file became shorter")
        }
        return filled
    }

    /// Takes the whole lines among the first `filled` bytes of the buffer; returns how many bytes they have.
    private mutating func takeLines(
        _ segment: SegmentTable.Segment, _ filled: Int, _ report: (ScrubReport.Damage) -> Void
    ) -> Int {
        let bytes = UnsafeRawBufferPointer(start: buffer.base, count: filled)
        var lines = LineSplitter(bytes)
        while let range = lines.next() {
            take(UnsafeRawBufferPointer(rebasing: bytes[range]), segment, report)
        }
        return lines.consumed
    }

    private mutating func take(
        _ line: UnsafeRawBufferPointer, _ segment: SegmentTable.Segment,
        _ report: (ScrubReport.Damage) -> Void
    ) {
        defer { byte += line.count + 1 }
        do throws(LineError) {
            let offset = try Line.scan(line).offset
            if let expected, offset != expected {
                report(damage(segment, expected, "the offset there is \(offset)"))
            }
            expected = offset.next
        } catch {
            // One place is one damage, also when it has made two lines of one.
            if let expected { report(damage(segment, expected, error.detail, at: byte + error.byte)) }
            expected = nil
        }
    }

    private func damage(
        _ segment: SegmentTable.Segment, _ offset: Offset, _ detail: String, at byte: Int? = nil
    ) -> ScrubReport.Damage {
        ScrubReport.Damage(
            file: directory.segmentPath(first: segment.first), byte: byte ?? self.byte, offset: offset,
            detail: detail)
    }
}
