import Glibc
import LogLine

/// Where a history stands: its last line and the digest up to it.
struct HistoryPoint: Equatable, Sendable {
    var offset: Offset
    var digest: Digest

    static let zero = HistoryPoint(offset: .zero, digest: .zero)
}

/// Batches that are written and synced together.
struct WriteGroup {
    private(set) var batches: [ByteSlice] = []
    private(set) var bytes = 0
    private(set) var through = Offset.zero

    mutating func add(_ lines: ByteSlice, through offset: Offset) {
        batches.append(lines)
        bytes += lines.count
        through = offset
    }

    /// The history with this group's lines behind `point`.
    ///
    /// Precondition: they are whole lines, as many as `through` says.
    func history(after point: HistoryPoint) -> HistoryPoint {
        var point = point
        for batch in batches { Self.follow(batch.pointer, &point) }
        precondition(point.offset == through, "the lines end at \(point.offset), not at \(through)")
        return point
    }

    private static func follow(_ bytes: UnsafeRawBufferPointer, _ point: inout HistoryPoint) {
        guard let base = bytes.baseAddress else { return }
        var start = 0
        while start < bytes.count {
            guard let newline = memchr(base + start, 0x0A, bytes.count - start) else {
                preconditionFailure("a batch ends inside a line")
            }
            let end = UnsafeRawPointer(newline) - base
            precondition(end - start > crcEndBytes + crcDigits, "a line of \(end - start) bytes has no crc")
            point.offset = point.offset.next
            point.digest = point.digest.adding(crc: crc(base + end - crcEndBytes - crcDigits))
            start = end + 1
        }
    }

    /// `"}` behind the crc's digits.
    private static let crcEndBytes = 2
    private static let crcDigits = 8

    private static func crc(_ digits: UnsafeRawPointer) -> UInt32 {
        var value: UInt32 = 0
        for index in 0..<crcDigits {
            let digit = digits.load(fromByteOffset: index, as: UInt8.self)
            value = value << 4 | UInt32(digit <= 0x39 ? digit & 0xF : digit & 0xF + 9)
        }
        return value
    }
}
