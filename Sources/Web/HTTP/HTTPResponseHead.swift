import LogLine

/// Writes the head of a response, piece by piece: the status with the date, any fields, then an empty line.
public enum HTTPResponseHead {
    /// The status line and Date. `date`: its 29 bytes (RFC 9110 5.6.7).
    public static func encodeStatus(_ status: Int, date: [UInt8], into buffer: ByteBuffer) {
        buffer.append(statusLine(status))
        buffer.append(date)
        buffer.append("\r\n")
    }

    /// One field line. A control character in `value` is written as a space, so that no value can end its
    /// line. Precondition: `name` is a token.
    public static func encodeField(_ name: String, _ value: String, into buffer: ByteBuffer) {
        buffer.append(utf8: name)
        buffer.append(": ")
        var value = value
        value.withUTF8 { appendValue(UnsafeRawBufferPointer($0), to: buffer) }
        buffer.append("\r\n")
    }

    public static func encodeLength(_ length: Int, into buffer: ByteBuffer) {
        buffer.append("content-length: ")
        buffer.append(decimal: UInt64(length))
        buffer.append("\r\n")
    }

    private static func appendValue(_ bytes: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        guard !HTTPCharacters.isFieldContent(bytes) else { return buffer.append(bytes) }
        for byte in bytes {
            buffer.append(HTTPCharacters.isFieldContent(byte) ? byte : HTTPCharacters.space)
        }
    }

    /// With the name of the Date field behind it. The reason phrase says nothing that the code does not; the
    /// codes used here have theirs, all others an empty one.
    private static func statusLine(_ status: Int) -> [UInt8] {
        status < lines.count && status >= 100 ? lines[status] : line(status)
    }

    private static let lines = (0..<600).map { line($0) }

    private static func line(_ status: Int) -> [UInt8] {
        Array("HTTP/1.1 \(status) \(HTTPStatus.reason(status))\r\ndate: ".utf8)
    }
}
