import EventLoop
import LogLine
import Threads

/// The server's side of a WebSocket (RFC 6455) on a connection that has left the HTTP server.
///
/// Happy path: messages go to the handler, pings are answered; frames go out as they come. Either side says
/// goodbye with a close frame, the other answers with one, and the server closes the connection.
/// Failures: a peer that breaks a rule gets a close frame that names it, and the connection is closed. A peer
/// that is silent gets a ping, and is given up when it answers with nothing. A close frame that is not
/// answered in time, or not even read, ends the connection anyway. A consumer that is too slow is closed
/// behind what is pending.
/// Memory: a decoder and buffers exist only while a message is under way.
@LoopActor
public final class WebSocketConnection: PushChannel {
    private enum Phase: UInt8 {
        case open
        /// Our close frame is sent, the peer's is awaited.
        case closing
        case ended
    }

    private let connection: Connection
    private let channels: PushChannels
    private var handler: (any WebSocketHandler)?
    /// While something is under way.
    private var decoder: WebSocketDecoder?
    /// What has arrived while the handler wants no messages: at most what one receive brings.
    private var heldBack: ByteSlice?
    /// When anything arrived; when it began to close.
    private var lastHeard: ClockReading
    var sweepIndex = 0
    private var phase = Phase.open
    private var isPaused = false
    private var isDecoding = false
    private var isPinged = false

    init(_ connection: Connection, in channels: PushChannels) {
        self.connection = connection
        self.channels = channels
        lastHeard = channels.reading
        connection.limitUnacknowledgedTime(to: channels.limits.unacknowledgedTime)
    }

    /// The socket begins; `handler` is kept until it is closed. `leftovers`: the first frames' bytes, when
    /// they came with the handshake.
    func open(_ handler: any WebSocketHandler, leftovers: ByteSlice) {
        self.handler = handler
        connection.handler = self
        channels.add(self)
        if leftovers.count > 0 { received(leftovers.pointer) }
    }

    /// Whether a message has begun to arrive and has not ended.
    var isMessageUnderWay: Bool { decoder != nil }

    // MARK: Sending

    public var peer: SocketAddress { connection.peer }
    public var isOpen: Bool { phase == .open }
    public var pendingBytes: Int { connection.queuedBytes }

    public func send(_ frame: PreparedFrame) {
        guard hasAllowance() else { return }
        connection.send(shared: frame.textFrame)
    }

    /// A message for this socket alone. `payload` of a text: valid UTF-8.
    public func send(_ kind: WebSocketMessage.Kind, _ payload: UnsafeRawBufferPointer) {
        sendFrame(kind == .text ? .text : .binary, payload)
    }

    public func notifyWhenDrained() { connection.notifyWhenDrained() }

    public func close(_ goodbye: Goodbye) {
        guard phase == .open else { return }
        sendClose(WebSocketClose(goodbye.code, goodbye.reason))
        phase = .closing
        lastHeard = channels.reading
        resumeReading()
    }

    // MARK: Receiving

    /// Backpressure towards the peer: no more messages until `resumeReading`. Heartbeats rest meanwhile.
    public func pauseReading() {
        guard phase == .open else { return }
        isPaused = true
        connection.pauseReading()
    }

    public func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        lastHeard = channels.reading
        // From within the handler: whoever called it goes on reading.
        guard !isDecoding else { return connection.resumeReading() }
        if let held = heldBack.take() { decode(held.pointer) }
        if !isPaused { connection.resumeReading() }
    }

    // MARK: Private: output

    private func sendFrame(_ opcode: WebSocketOpcode, _ payload: UnsafeRawBufferPointer) {
        guard hasAllowance() else { return }
        connection.send { WebSocketFrame.encode(opcode, payload, into: $0) }
    }

    /// Whether the peer takes what it is sent; else it is told goodbye.
    private func hasAllowance() -> Bool {
        guard phase == .open else { return false }
        guard connection.queuedBytes <= channels.limits.pendingBytesMax else {
            close(handler?.overflowed(self) ?? .tooSlow)
            return false
        }
        return true
    }

    private func sendClose(_ close: WebSocketClose) {
        let payload = WebSocketFrame.closePayload(close)
        payload.withUnsafeBytes { bytes in
            connection.send { WebSocketFrame.encode(.close, bytes, into: $0) }
        }
    }

    // MARK: Private: input

    private func decode(_ bytes: UnsafeRawBufferPointer) {
        let decoder = self.decoder ?? channels.takeDecoder()
        let heldBefore = self.decoder == nil ? 0 : decoder.heldBytes
        self.decoder = decoder
        isDecoding = true
        var rest = bytes
        while phase != .ended, !isPaused {
            let event = decoder.next(&rest)
            if case .needMore = event { break }
            handle(event)
        }
        isDecoding = false
        if isPaused, !rest.isEmpty { heldBack = ByteSlice(rest) }
        settle(decoder, heldBefore)
    }

    /// Keeps of the decoder what is needed.
    private func settle(_ decoder: WebSocketDecoder, _ heldBefore: Int) {
        let held = phase == .ended ? 0 : decoder.heldBytes
        let isWithinLimit = channels.hold(held, insteadOf: heldBefore)
        if phase != .ended, !decoder.isIdle {
            if !isWithinLimit { close(Goodbye(.tryAgainLater, "too many messages are being received")) }
            return
        }
        self.decoder = nil
        if decoder.isIdle { channels.giveBack(decoder) }
    }

    private func handle(_ event: WebSocketDecoder.Event) {
        switch event {
        case .needMore, .pong: break
        case .message(let message):
            if phase == .open { handler?.received(message, on: self) }
        case .ping(let payload): sendFrame(.pong, payload.pointer)
        case .close(let close): peerClosed(close)
        case .failed(let failure):
            if phase == .open { sendClose(WebSocketClose(failure.code, failure.message)) }
            finish(.failed(failure))
        }
    }

    private func peerClosed(_ close: WebSocketClose) {
        guard phase == .open else { return finish(.byUs) }
        sendClose(WebSocketClose(close.code))
        finish(.byPeer(close))
    }

    // MARK: Private: the end

    /// Nothing more is said by either side: the server closes first (RFC 6455 7.1.1).
    private func finish(_ end: PushEnd) {
        connection.closeGracefully()
        self.end(end)
    }

    private func end(_ end: PushEnd) {
        guard phase != .ended else { return }
        phase = .ended
        channels.remove(self)
        heldBack = nil
        if !isDecoding, let decoder = decoder.take() { _ = channels.hold(0, insteadOf: decoder.heldBytes) }
        let handler = self.handler
        self.handler = nil
        handler?.closed(self, end)
    }
}

extension WebSocketConnection: SweptChannel {
    func checkTime(_ now: Duration) {
        let silence = now - lastHeard.time
        let limits = channels.limits
        switch phase {
        case .closing where silence >= limits.closeTime:
            connection.close()
        case .open where isPaused:
            lastHeard = ClockReading(now)
        case .open where silence >= limits.heartbeatInterval + limits.heartbeatTime:
            end(.silent)
            connection.close()
        case .open where silence >= limits.heartbeatInterval && !isPinged:
            isPinged = true
            connection.send(shared: WebSocketConnection.ping)
        case .open, .closing, .ended: break
        }
    }

    /// Shared by all.
    private static let ping = ByteSlice([0x89, 0x00])
}

extension WebSocketConnection: ConnectionHandler {
    public func received(_ bytes: UnsafeRawBufferPointer) {
        guard phase != .ended else { return }
        if phase == .open {
            lastHeard = channels.reading
            isPinged = false
        }
        decode(bytes)
    }

    public func receivedEnd() { connection.close() }

    public func drained() { handler?.drained(self) }

    public func closed(_ error: SocketError?) { end(phase == .closing ? .byUs : .lost(error)) }
}
