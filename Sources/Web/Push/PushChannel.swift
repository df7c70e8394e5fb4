import EventLoop

/// A connection that is pushed to for as long as it lives: a WebSocket or an event stream. Who fans out need
/// not know which.
///
/// Sending: frames are shared, never copied per connection; all that are queued in one turn of the loop leave
/// at its end in one system call, without waiting for anything when nothing was queued before.
/// Backpressure: who has much to say (history) looks at `hasRoom`, and asks with `notifyWhenDrained` to be
/// called. Who sends without asking is bound by `PushLimits.pendingBytesMax`: beyond it the channel is cut.
@LoopActor
public protocol PushChannel: AnyObject {
    var peer: SocketAddress { get }
    /// False from the first goodbye on, whichever side says it: what is sent then goes nowhere.
    var isOpen: Bool { get }
    /// What was sent and the kernel has not taken.
    var pendingBytes: Int { get }

    func send(_ frame: PreparedFrame)
    /// Has the observer's `drained` called once, in this turn's end at the earliest.
    func notifyWhenDrained()
    /// Says goodbye behind what is pending, and then closes; nothing when it is closed or closing already.
    func close(_ goodbye: Goodbye)
}

extension PushChannel {
    public var hasRoom: Bool { pendingBytes < ConnectionLimits.lowWaterBytes }
}

/// What a channel's owner is told; never from within a call of the owner's, but for `overflowed`.
@LoopActor
public protocol PushObserver: AnyObject {
    /// Less than `ConnectionLimits.lowWaterBytes` are pending; only after `notifyWhenDrained`.
    func drained(_ channel: any PushChannel)
    /// A send met more than `PushLimits.pendingBytesMax` pending bytes and was dropped. Called from within
    /// that send: the channel is closed with what this returns, behind what is pending.
    func overflowed(_ channel: any PushChannel) -> Goodbye
    /// The last call: nothing more is exchanged with the peer.
    func closed(_ channel: any PushChannel, _ end: PushEnd)
}

extension PushObserver {
    public func drained(_ channel: any PushChannel) {}
    public func overflowed(_ channel: any PushChannel) -> Goodbye { .tooSlow }
}

/// What a peer is told when its channel is closed: a close frame, or the end of an event stream.
public struct Goodbye: Equatable, Sendable {
    /// Of an event stream: only in a comment, for people who look.
    public let code: WebSocketCloseCode
    /// At most `WebSocketLimits.reasonBytesMax` bytes of it are sent.
    public let reason: String
    /// When to come back. An event stream sends it as `retry:`; to a WebSocket it is not sent (a control
    /// object before the close frame can carry it).
    public let reconnectDelay: Duration?

    public init(_ code: WebSocketCloseCode, _ reason: String = "", reconnectDelay: Duration? = nil) {
        self.code = code
        self.reason = reason
        self.reconnectDelay = reconnectDelay
    }

    public static let tooSlow = Goodbye(.tryAgainLater, "too slow: reconnect and resume")
}

/// How a channel ended.
public enum PushEnd: Sendable {
    /// The peer said goodbye: WebSockets only.
    case byPeer(WebSocketClose)
    /// `close` was called, or the channel overflowed; the peer has taken note or had its time to.
    case byUs
    /// What the peer sent is refused; it was told so.
    case failed(WebSocketFailure)
    /// The heartbeat was not answered.
    case silent
    /// The connection ended without a goodbye: an event stream's usual end. Nil: in order, else broken.
    case lost(SocketError?)
}
