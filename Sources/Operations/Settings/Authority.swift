import Glibc

/// The `host[:port]` of a URL or of a listening address. A host is an IPv4 address, an IPv6 address (in
/// brackets when a port may follow) or a name of letters, digits, `-`, `_` and `.`.
struct Authority: Equatable {
    /// Without brackets.
    let host: String
    let port: UInt16?

    /// Nil when `text` is not `host`, `host:port`, `[ipv6]` or `[ipv6]:port`; port 0 is refused.
    init?(_ text: Substring) {
        let hostText: Substring
        let portText: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            hostText = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":", Self.isIPv6(hostText) else { return nil }
            portText = rest.isEmpty ? nil : rest.dropFirst()
        } else {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            hostText = parts[0]
            guard Self.isName(hostText) else { return nil }
            portText = parts.count == 2 ? parts[1] : nil
        }
        host = String(hostText)
        if let portText {
            guard let port = SettingNumber.port(portText), port > 0 else { return nil }
            self.port = port
        } else {
            port = nil
        }
    }

    /// A host alone, as `HOST` has it: brackets around IPv6 may be there or not.
    static func host(_ text: String) -> String? {
        let inner = text.hasPrefix("[") && text.hasSuffix("]") ? text.dropFirst().dropLast() : text[...]
        if isIPv6(inner) { return String(inner) }
        return inner.count == text.count && isName(inner) ? text : nil
    }

    /// As it stands in a URL.
    static func shown(host: String, port: UInt16) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 253
            && text.utf8.allSatisfy { Ascii.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
    }

    /// An address as the system reads it, with an optional zone.
    private static func isIPv6(_ text: Substring) -> Bool {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        var address = in6_addr()
        guard inet_pton(AF_INET6, String(parts[0]), &address) == 1 else { return false }
        return parts.count == 1 || isName(parts[1])
    }
}

/// Classes of ASCII bytes.
enum Ascii {
    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }
    static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66
    }

    /// 0–15. Precondition: `isHexadecimal(byte)`.
    static func hexadecimalValue(_ byte: UInt8) -> UInt8 {
        isDigit(byte) ? byte - 0x30 : (byte | 0x20) - 0x61 + 10
    }
}
