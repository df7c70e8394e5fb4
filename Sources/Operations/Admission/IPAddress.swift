import Glibc

/// An IPv4 or IPv6 address. An IPv4 address in its IPv6 form (`::ffff:192.0.2.1`, RFC 4291, section 2.5.5.2)
/// is that IPv4 address.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// The 128 bits in IPv6 form.
    let high: UInt64
    let low: UInt64

    /// Nil unless `text` is an address as inet_pton(3) reads it: no leading zeros, no brackets, no port. The
    /// zone of an IPv6 address (`fe80::1%eth0`) is dropped.
    public init?(_ text: some StringProtocol) {
        // It would end the text where C looks at it.
        guard !text.utf8.contains(0) else { return nil }
        if text.utf8.contains(UInt8(ascii: ":")) {
            let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
            var address = in6_addr()
            guard inet_pton(AF_INET6, String(parts[0]), &address) == 1 else { return nil }
            (high, low) = withUnsafeBytes(of: address) {
                (
                    UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                    UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
        } else {
            var address = in_addr()
            guard inet_pton(AF_INET, String(text), &address) == 1 else { return nil }
            high = 0
            low = Self.versionFourPrefix | UInt64(UInt32(bigEndian: address.s_addr))
        }
    }

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public var isVersionFour: Bool { high == 0 && low >> 32 == Self.versionFourPrefix >> 32 }

    /// 127.0.0.0/8 and `::1` (RFC 6890).
    public var isLoopback: Bool {
        isVersionFour ? UInt8(truncatingIfNeeded: low >> 24) == 127 : high == 0 && low == 1
    }

    /// What one subscriber has: an IPv4 address itself, of an IPv6 address the first 64 bits (RFC 6177: a
    /// site gets at least so many addresses, so a single one is nobody's).
    public var subscriber: IPAddress { isVersionFour ? self : IPAddress(high: high, low: 0) }

    /// `192.0.2.1`, `2001:db8::1`.
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        if isVersionFour {
            var address = in_addr(s_addr: UInt32(truncatingIfNeeded: low).bigEndian)
            inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
        } else {
            var words = (high.bigEndian, low.bigEndian)
            inet_ntop(AF_INET6, &words, &text, socklen_t(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static let versionFourPrefix: UInt64 = 0xFFFF_0000_0000
}
