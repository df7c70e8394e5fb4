/// A chain over the crcs of all lines up to an offset: equal at an equal position if and only if (hash
/// collisions aside) the histories are equal. 16 lowercase hexadecimal digits; always shown with the offset
/// it belongs to.
///
/// `digest(0) = 0`; `digest(n) = mix(digest(n-1) × 0x9E3779B97F4A7C15 + crc(n) + 1)`, all modulo 2^64, where
/// `mix` is the finalizer of splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
/// 2014).
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    public let value: UInt64

    @inlinable public init(_ value: UInt64) { self.value = value }

    /// Nil unless `text` is exactly 16 digits of `0-9a-f`.
    public init?(_ text: some StringProtocol) {
        guard let value = Hexadecimal.parse16(text.utf8) else { return nil }
        self.value = value
    }

    /// Of the empty history.
    public static let zero = Digest(0)

    /// The digest one line further on.
    @inlinable public func adding(crc: UInt32) -> Digest {
        var mixed = value &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(crc) &+ 1
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Digest(mixed ^ (mixed >> 31))
    }

    public var description: String { Hexadecimal.text16(value) }
}
