/// The bounds of what a WebSocket receives. Above each: close code 1009, as soon as the frame's header says
/// so.
public struct WebSocketLimits: Sendable {
    /// One frame's payload.
    public var frameBytesMax = 512 << 10
    /// All frames of a message together.
    public var messageBytesMax = 512 << 10

    /// A control frame's payload (RFC 6455 5.5). Above: 1002.
    public static let controlBytesMax = 125
    /// A close frame's reason: what the code leaves of it.
    public static let reasonBytesMax = controlBytesMax - 2

    public init() {}
}
