import LogLine

/// Port: publish/subscribe between the log and the pods. At most once, unordered with respect to anything
/// else, and not to be trusted: a hint, never a source.
///
/// Conformances are bound to one thread (the event loop's); `onEvent` is called there.
public protocol Bus: AnyObject {
    /// Set before `start`.
    var onEvent: ((BusEvent) -> Void)? { get set }
    /// Connects, and again whenever the connection is lost, until `stop`.
    func start()
    func stop()
    /// False: not connected, or too much is queued; the payload is dropped.
    func publish(_ topic: [UInt8], _ payload: ByteSlice) -> Bool
    /// Connected as a publisher.
    var isPublishing: Bool { get }
    /// All subscriptions are confirmed.
    var isSubscribed: Bool { get }
    /// Bytes of payloads published and not confirmed by the bus.
    var queuedBytes: Int { get }
}

public enum BusEvent {
    public enum Role: String, Sendable { case publisher, subscriber }

    /// A publisher can publish; a subscriber has all its subscriptions confirmed.
    case ready(Role)
    /// Connecting failed, or the connection broke; the next attempt follows after `retry`.
    case lost(Role, reason: String, retry: Duration)
    /// The bytes are valid during the call only.
    case message(channel: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer)
}
