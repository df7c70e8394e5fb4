import LogLine

/// Writes the fields of an event stream (HTML Living Standard 9.2, Server-sent events): lines of UTF-8, a
/// blank line behind each event.
public enum EventStreamField {
    /// `id:` and `event:` where they are not empty, `data:` for each line of `data`, a blank line.
    /// Precondition: `id` and `event` hold no line's end and no NUL.
    public static func encodeEvent(
        _ data: UnsafeRawBufferPointer, id: [UInt8] = [], event: [UInt8] = [], into buffer: ByteBuffer
    ) {
        if !id.isEmpty { encode("id: ", id, into: buffer) }
        if !event.isEmpty { encode("event: ", event, into: buffer) }
        encodeData(data, into: buffer)
        buffer.append("\n")
    }

    /// How long the client is to wait before it connects again.
    public static func encodeRetry(_ delay: Duration, into buffer: ByteBuffer) {
        buffer.append("retry: ")
        buffer.append(decimal: UInt64(max(0, delay / .milliseconds(1))))
        buffer.append("\n\n")
    }

    /// A line that clients pass over: a sign of life. Line ends in `text` become spaces.
    public static func encodeComment(_ text: String, into buffer: ByteBuffer) {
        buffer.append(": ")
        for byte in text.utf8 { buffer.append(isLineEnd(byte) ? UInt8(ascii: " ") : byte) }
        buffer.append("\n\n")
    }

    private static func encode(_ name: StaticString, _ value: [UInt8], into buffer: ByteBuffer) {
        precondition(!value.contains { isLineEnd($0) || $0 == 0 }, "a field's value is one line")
        buffer.append(name)
        buffer.append(value)
        buffer.append("\n")
    }

    /// CR LF, LF and CR end a line; the client puts them together again with LF.
    private static func encodeData(_ data: UnsafeRawBufferPointer, into buffer: ByteBuffer) {
        var start = 0
        while true {
            var end = start
            while end < data.count, !isLineEnd(data[end]) { end += 1 }
            buffer.append("data: ")
            buffer.append(UnsafeRawBufferPointer(rebasing: data[start..<end]))
            buffer.append("\n")
            guard end < data.count else { return }
            let isPair = data[end] == 0x0D && end + 1 < data.count && data[end + 1] == 0x0A
            start = end + (isPair ? 2 : 1)
        }
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
}
