/// The bounds of connections that are pushed to, WebSockets and event streams alike.
public struct PushLimits: Sendable {
    /// Unsent bytes of one connection: a send that meets more cuts the slow consumer (see
    /// `PushObserver.overflowed`).
    public var pendingBytesMax = 1 << 20
    /// A WebSocket that was silent for so long gets a ping.
    public var heartbeatInterval = Duration.seconds(30)
    /// How long its answer may take, whatever it is. Above: the peer is dead.
    public var heartbeatTime = Duration.seconds(15)
    /// An event stream to which nothing was sent for so long gets a comment.
    public var keepAliveInterval = Duration.seconds(15)
    /// How long a peer may acknowledge nothing of what was sent before the kernel breaks the connection.
    public var unacknowledgedTime = Duration.seconds(45)
    /// How long a connection that was closed by us may take to read the rest, and to answer a close frame.
    public var closeTime = Duration.seconds(5)
    /// Bytes of messages that have not arrived whole, over all connections. Above: the one that needs more is
    /// closed with 1013.
    public var heldBytesMax = 256 << 20
    /// Of what is received.
    public var webSocket = WebSocketLimits()

    public init() {}

    /// How precisely times are kept: every connection is looked at once in so long.
    var sweepInterval: Duration {
        let shortest = min(heartbeatInterval, heartbeatTime, keepAliveInterval, closeTime)
        return max(min(.seconds(1), shortest / 4), .milliseconds(1))
    }
}
