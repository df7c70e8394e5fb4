import LogLine

/// A piece of an event stream as one chunk of HTTP/1.1 (RFC 9112 7.1); without its framing it is a part of
/// the same bytes, for HTTP/1.0.
final class EventStreamChunk: Sendable {
    let chunked: ByteSlice
    let plain: ByteSlice

    /// `write` appends the content, which is not empty.
    init(_ write: (ByteBuffer) -> Void) {
        let content = ByteBuffer()
        write(content)
        let chunk = ByteBuffer(capacity: content.count + 20)
        chunk.append(utf8: String(content.count, radix: 16))
        chunk.append("\r\n")
        let start = chunk.count
        chunk.append(content.pointer)
        let end = chunk.count
        chunk.append("\r\n")
        chunked = chunk.takeSlice()
        plain = chunked[start..<end]
    }

    /// Behind the last chunk.
    static let lastChunk = ByteSlice(Array("0\r\n\r\n".utf8))
}
