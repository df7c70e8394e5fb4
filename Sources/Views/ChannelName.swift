/// A channel's name as it stands in a line, between the quotes: `"` and `\` are escaped, and nothing else
/// ever is, because a channel holds no control characters. So equal names have equal escaped names, and views
/// can go by the line's bytes without decoding them.
public enum ChannelName {
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")

    public static func escape(_ name: [UInt8]) -> [UInt8] {
        guard name.contains(where: { $0 == quote || $0 == backslash }) else { return name }
        var escaped: [UInt8] = []
        for byte in name {
            if byte == quote || byte == backslash { escaped.append(backslash) }
            escaped.append(byte)
        }
        return escaped
    }

    public static func unescape(_ escaped: [UInt8]) -> [UInt8] {
        guard escaped.contains(backslash) else { return escaped }
        var name: [UInt8] = []
        var isEscape = false
        for byte in escaped {
            isEscape = byte == backslash && !isEscape
            if !isEscape { name.append(byte) }
        }
        return name
    }

    /// Neither reserved (`$…`) nor private (`@…`); both are the same escaped or not.
    public static func isPublic(_ escaped: UnsafeRawBufferPointer) -> Bool {
        guard let first = escaped.first else { return false }
        return first != UInt8(ascii: "$") && first != UInt8(ascii: "@")
    }
}
