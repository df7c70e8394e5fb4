import EventLoop
import LogLine
import Threads

/// Server-Sent Events on a connection that has left the HTTP server: an answer without an end.
///
/// Happy path: frames go out as they come; while there are none, a comment now and then keeps proxies from
/// closing the connection and shows the kernel whether the peer is alive.
/// Failures: a consumer that is too slow is closed behind what is pending. A client that ends its sending is
/// gone. What it sends is passed over.
@LoopActor
public final class EventStream: PushChannel {
    private enum Phase { case open, closing, ended }

    private let connection: Connection
    private let channels: PushChannels
    private var observer: (any PushObserver)?
    private let isChunked: Bool
    private var phase = Phase.open
    /// Something was sent since `lastSent`.
    private var hasSent = false
    /// When it was last seen that something was sent; when it began to close.
    private var lastSent: ClockReading
    var sweepIndex = 0

    init(_ handedOver: HandedOver, in channels: PushChannels) {
        connection = handedOver.connection
        isChunked = handedOver.isChunked
        self.channels = channels
        lastSent = channels.reading
        connection.limitUnacknowledgedTime(to: channels.limits.unacknowledgedTime)
    }

    /// The stream begins; `observer` is kept until it is closed.
    func open(_ observer: any PushObserver) {
        self.observer = observer
        connection.handler = self
        channels.add(self)
    }

    public var peer: SocketAddress { connection.peer }
    public var isOpen: Bool { phase == .open }
    public var pendingBytes: Int { connection.queuedBytes }

    public func send(_ frame: PreparedFrame) { send(frame.eventChunk) }

    /// The client waits so long from now on before it connects again.
    public func setReconnectDelay(_ delay: Duration) {
        send(EventStreamChunk { EventStreamField.encodeRetry(delay, into: $0) })
    }

    public func notifyWhenDrained() { connection.notifyWhenDrained() }

    public func close(_ goodbye: Goodbye) {
        guard phase == .open else { return }
        push(
            EventStreamChunk { buffer in
                if let delay = goodbye.reconnectDelay { EventStreamField.encodeRetry(delay, into: buffer) }
                EventStreamField.encodeComment("\(goodbye.code.rawValue) \(goodbye.reason)", into: buffer)
            })
        if isChunked { connection.send(EventStreamChunk.lastChunk) }
        phase = .closing
        lastSent = channels.reading
        connection.closeGracefully()
    }

    // MARK: Private

    private func send(_ chunk: EventStreamChunk) {
        guard phase == .open else { return }
        guard connection.queuedBytes <= channels.limits.pendingBytesMax else {
            return close(observer?.overflowed(self) ?? .tooSlow)
        }
        push(chunk)
    }

    private func push(_ chunk: EventStreamChunk) {
        hasSent = true
        connection.send(shared: isChunked ? chunk.chunked : chunk.plain)
    }

    private func end(_ end: PushEnd) {
        guard phase != .ended else { return }
        phase = .ended
        channels.remove(self)
        let observer = self.observer
        self.observer = nil
        observer?.closed(self, end)
    }

    private static let keepAlive = EventStreamChunk { EventStreamField.encodeComment("", into: $0) }
}

extension EventStream: SweptChannel {
    func checkTime(_ now: Duration) {
        switch phase {
        case .open where hasSent:
            hasSent = false
            lastSent = ClockReading(now)
        case .open where now - lastSent.time >= channels.limits.keepAliveInterval && pendingBytes == 0:
            push(EventStream.keepAlive)
        case .closing where now - lastSent.time >= channels.limits.closeTime:
            connection.close()
        case .open, .closing, .ended: break
        }
    }
}

extension EventStream: ConnectionHandler {
    public func received(_ bytes: UnsafeRawBufferPointer) {}

    public func receivedEnd() { connection.close() }

    public func drained() { observer?.drained(self) }

    public func closed(_ error: SocketError?) { end(phase == .closing ? .byUs : .lost(error)) }
}
