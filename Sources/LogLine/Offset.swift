/// The number of a line: the first is 1, every next one is one more. 0 stands before the first line.
public struct Offset: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let value: UInt64

    @inlinable public init(_ value: UInt64) { self.value = value }

    /// Before the first line.
    public static let zero = Offset(0)

    @inlinable public var next: Offset { Offset(value + 1) }
    /// Precondition: not `zero`.
    @inlinable public var previous: Offset { Offset(value - 1) }

    @inlinable public static func < (left: Offset, right: Offset) -> Bool { left.value < right.value }
    @inlinable public static func + (left: Offset, count: Int) -> Offset {
        Offset(left.value + UInt64(count))
    }
    /// How many lines lie behind `right` up to `left`. Precondition: `left >= right`.
    @inlinable public static func - (left: Offset, right: Offset) -> Int { Int(left.value - right.value) }

    public var description: String { String(value) }
}
