/// `host [":" port]` of RFC 3986 3.2, as it stands in Host and in an absolute-form target; no user
/// information.
enum HTTPAuthority {
    /// Valid if and only if: a registered name or IPv4 address (unreserved characters, sub-delims, `%XX`; may
    /// be empty) or an IPv6 address in brackets, then nothing or a colon and a port of 0 to 65535 (may be
    /// empty).
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let end = bytes.first == 0x5B ? endOfBrackets(bytes) : endOfName(bytes)
        guard let hostEnd = end else { return false }
        guard hostEnd < bytes.count else { return true }
        return bytes[hostEnd] == 0x3A && isPort(bytes.part(hostEnd + 1..<bytes.count))
    }

    /// Behind the closing bracket of `[` hexadecimal digits, colons and dots `]`.
    private static func endOfBrackets(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 1
        while index < bytes.count, bytes[index] != 0x5D {
            let byte = bytes[index]
            guard HTTPCharacters.hexadecimal(byte) != nil || byte == 0x3A || byte == 0x2E else { return nil }
            index += 1
        }
        return index > 1 && index < bytes.count ? index + 1 : nil
    }

    /// At the colon before the port, or at the end; nil when a character may not stand in a name.
    private static func endOfName(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let host = HTTPCharacters.host
        var index = 0
        while index < bytes.count, bytes[index] != 0x3A {
            if host.contains(bytes[index]) {
                index += 1
            } else if PercentCoding.byte(at: index, of: bytes) != nil {
                index += 3
            } else {
                return nil
            }
        }
        return index
    }

    private static func isPort(_ digits: UnsafeRawBufferPointer) -> Bool {
        guard digits.count <= 5, digits.allSatisfy(HTTPCharacters.isDigit) else { return false }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 65_535
    }
}
