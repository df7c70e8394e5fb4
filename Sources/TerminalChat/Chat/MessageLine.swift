import LogLine

/// A message as one line for people: of the log, of a stream, or of `/messages`, where an amended one has no
/// crc and is no line of the log any more.
public struct MessageLine: Sendable {
    public let channel: [UInt8]
    /// `2026-11-20T06:31:00.123Z #channel alice: text (edited)`; other people's text, to be made harmless.
    public let text: String

    /// Nil: it is no message.
    public init?(_ line: UnsafeRawBufferPointer) {
        // What is no JSON is no message.
        guard let value = try? JSONValue(line), let channel = value["channel"]?.bytes,
            let message = ChatMessage(value)
        else { return nil }
        self.channel = channel
        let author = message.author.isEmpty ? "" : " \(message.author.text)"
        let words = message.isDeleted ? "(deleted)" : message.text + (message.isEdited ? " (edited)" : "")
        text = "\(message.time) #\(String(decoding: channel, as: UTF8.self))\(author): \(words)"
    }
}
