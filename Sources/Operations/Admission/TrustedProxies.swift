/// The proxies before a service whose word on who connects to them is believed.
///
/// Each proxy adds the address of its own peer at the end of `X-Forwarded-For`; what stands before is what
/// that peer claimed. So the list is read from the right, as long as the one who added an entry is trusted:
/// the first address that is nobody's we trust is the client's, and everything left of it is hearsay.
public struct TrustedProxies: Equatable, Sendable {
    /// Beyond this nobody has proxies in a row.
    static let hopsMax = 16

    public let ranges: [AddressRange]

    /// Nobody is believed.
    public static let none = TrustedProxies(ranges: [])

    private init(ranges: [AddressRange]) { self.ranges = ranges }

    /// Comma-separated ranges; empty: none is trusted. Nil when one is no range.
    public init?(_ text: String) {
        guard !text.isEmpty else {
            ranges = []
            return
        }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(Self.trimmed)
        let ranges = parts.compactMap { AddressRange($0) }
        guard ranges.count == parts.count else { return nil }
        self.ranges = ranges
    }

    public func trusts(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// Whose request it is.
    ///
    /// - Parameters:
    ///   - peer: of the connection.
    ///   - forwardedFor: the values of all `X-Forwarded-For` fields, in their order, joined with commas.
    /// - Returns: `peer` where it is not trusted or says nothing; where a trusted proxy says something that
    ///   is no address (`unknown`), that proxy's own.
    public func client(peer: IPAddress, forwardedFor: String?) -> IPAddress {
        guard let forwardedFor else { return peer }
        var client = peer
        let entries = forwardedFor.split(separator: ",", omittingEmptySubsequences: false)
        for entry in entries.reversed().prefix(Self.hopsMax) {
            guard trusts(client), let address = Self.address(in: entry) else { return client }
            client = address
        }
        return client
    }

    /// Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
    private static func address(in entry: Substring) -> IPAddress? {
        let text = trimmed(entry)
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let port = text[text.index(after: end)...]
            guard port.isEmpty || isPort(port.dropFirst()) && port.hasPrefix(":") else { return nil }
            return IPAddress(text[text.index(after: text.startIndex)..<end])
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return IPAddress(text) }
        return isPort(parts[1]) ? IPAddress(parts[0]) : nil
    }

    private static func isPort(_ text: Substring) -> Bool { SettingNumber.port(text) != nil }

    private static func trimmed(_ text: Substring) -> Substring {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        let start = text.firstIndex { !isSpace($0) } ?? text.endIndex
        let end = text.lastIndex { !isSpace($0) }.map { text.index(after: $0) } ?? text.endIndex
        return text[start..<end]
    }
}
