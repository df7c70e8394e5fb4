import LogLine

/// The rules of texts that stand in the data of the chat's lines. Each returns its text when it keeps its
/// rule; all are valid UTF-8 already, because they come out of JSON.
public enum ChatText {
    /// 1 to `ChatLimits.titleBytesMax` bytes without control characters.
    public static func title(_ text: [UInt8]) throws(InvalidField) -> [UInt8] {
        try checked(text, "title", 1...ChatLimits.titleBytesMax)
    }

    /// At most `ChatLimits.topicBytesMax` bytes without control characters; empty: no topic.
    public static func topic(_ text: [UInt8]) throws(InvalidField) -> [UInt8] {
        try checked(text, "topic", 0...ChatLimits.topicBytesMax)
    }

    /// 1 to `ChatLimits.emojiBytesMax` bytes without control characters.
    public static func emoji(_ text: [UInt8]) throws(InvalidField) -> [UInt8] {
        try checked(text, "emoji", 1...ChatLimits.emojiBytesMax)
    }

    /// A message's: 1 to `LineLimits.textBytesMax` bytes.
    public static func text(_ text: [UInt8]) throws(InvalidField) -> [UInt8] {
        try measured(text, "message_text", 1...LineLimits.textBytesMax)
    }

    private static func checked(
        _ text: [UInt8], _ field: String, _ bytes: ClosedRange<Int>
    ) throws(InvalidField) -> [UInt8] {
        _ = try measured(text, field, bytes)
        guard !hasControl(text) else {
            throw InvalidField(field: field, detail: "\(field) contains a control character")
        }
        return text
    }

    private static func measured(
        _ text: [UInt8], _ field: String, _ bytes: ClosedRange<Int>
    ) throws(InvalidField) -> [UInt8] {
        guard bytes.contains(text.count) else {
            throw InvalidField(
                field: field, trouble: text.count > bytes.upperBound ? .tooLarge : .malformed,
                detail:
                    "\(field) has \(text.count) bytes; it takes \(bytes.lowerBound) to \(bytes.upperBound)")
        }
        return text
    }

    /// U+0000–U+001F, U+007F–U+009F, in valid UTF-8.
    private static func hasControl(_ text: [UInt8]) -> Bool {
        var last: UInt8 = 0
        for byte in text {
            if byte < 0x20 || byte == 0x7F || (last == 0xC2 && byte <= 0x9F) { return true }
            last = byte
        }
        return false
    }
}
