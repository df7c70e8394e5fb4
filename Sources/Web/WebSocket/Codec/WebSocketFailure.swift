/// Why what a peer has sent is refused: its connection fails (RFC 6455 7.1.7) with a close frame of this
/// code.
public struct WebSocketFailure: Error, Equatable, Sendable {
    /// `protocolError`, `invalidText` or `messageTooBig`.
    public let code: WebSocketCloseCode
    /// For the close frame's reason: at most 123 bytes.
    public let message: String

    init(_ code: WebSocketCloseCode, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ message: String) { self.init(.protocolError, message) }
}
