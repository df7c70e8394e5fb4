import EventLoop

/// What a service does with a WebSocket's messages.
@LoopActor
public protocol WebSocketHandler: PushObserver {
    /// A whole message. Not after the socket was closed by either side.
    func received(_ message: WebSocketMessage, on socket: WebSocketConnection)
}
