/// A range of addresses in CIDR notation (RFC 4632, section 3.1; RFC 4291, section 2.3): `10.0.0.0/8`,
/// `2001:db8::/32`, or an address alone.
///
/// An IPv6 range never holds IPv4 addresses, not even `::/0`.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    private let base: IPAddress
    /// Of the IPv6 form: 96 more than written for IPv4.
    private let prefixBits: Int

    /// Nil unless `text` is such a range; bits behind the prefix must be zero, since somebody who writes
    /// `10.1.2.3/8` may have meant either.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let base = IPAddress(parts[0]) else { return nil }
        let offset = base.isVersionFour ? 96 : 0
        var bits = 128
        if parts.count == 2 {
            // An IPv4 range in IPv6 form has a prefix of that form: it is not worth a rule of its own.
            guard !base.isVersionFour || !parts[0].utf8.contains(UInt8(ascii: ":")),
                let written = SettingNumber.integer(parts[1], in: 0...(128 - offset))
            else { return nil }
            bits = written + offset
        }
        guard Self.masked(base, bits: bits) == base else { return nil }
        self.base = base
        prefixBits = bits
    }

    public func contains(_ address: IPAddress) -> Bool {
        address.isVersionFour == base.isVersionFour && Self.masked(address, bits: prefixBits) == base
    }

    /// `10.0.0.0/8`.
    public var description: String { "\(base)/\(prefixBits - (base.isVersionFour ? 96 : 0))" }

    /// With all bits behind the first `bits` zero.
    private static func masked(_ address: IPAddress, bits: Int) -> IPAddress {
        // Shifts by 64 and more give 0.
        let high = ~(UInt64.max >> UInt64(min(bits, 64)))
        let low = ~(UInt64.max >> UInt64(max(bits - 64, 0)))
        return IPAddress(high: address.high & high, low: address.low & low)
    }
}
