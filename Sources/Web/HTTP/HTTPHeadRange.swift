/// A range of a head's bytes, in four bytes: heads are copied about, and their bounds keep them below 64 KiB.
struct HTTPHeadRange {
    private let start: UInt16
    private let end: UInt16

    static let empty = HTTPHeadRange(0..<0)

    @inline(__always) init(_ range: Range<Int>) {
        start = UInt16(range.lowerBound)
        end = UInt16(range.upperBound)
    }

    @inline(__always) var range: Range<Int> { Int(start)..<Int(end) }
    @inline(__always) var isEmpty: Bool { start == end }
}
