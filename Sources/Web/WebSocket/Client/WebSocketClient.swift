import EventLoop
import LogLine

/// The bounds of a WebSocket of our own to a server.
public struct WebSocketClientLimits: Sendable {
    public var connectTime = Duration.seconds(3)
    /// From the connection to the handshake's answer.
    public var handshakeTime = Duration.seconds(10)
    /// A server that was silent so long is sent a ping…
    public var heartbeatInterval = Duration.seconds(12)
    /// …and given up when nothing has come so long after it.
    public var heartbeatTime = Duration.seconds(12)
    /// For the answer to our close frame.
    public var closeTime = Duration.seconds(3)
    /// What may wait to be sent. Beyond, `send` says no.
    public var pendingBytesMax = 4 << 20
    public var webSocket = WebSocketLimits()

    public init() {}
}

/// How a client's WebSocket ended.
public enum WebSocketClientEnd: Sendable {
    /// There was no handshake: the server answers otherwise.
    case refused(WebSocketClientRefusal)
    /// The server said goodbye.
    case byServer(WebSocketClose)
    case byUs
    /// The server broke the protocol.
    case failed(WebSocketFailure)
    /// It could not be reached, or the connection broke, or nothing came any more.
    case lost(String)
}

/// What is done with a server's messages.
@LoopActor
public protocol WebSocketClientHandler: AnyObject {
    /// The handshake is done. `protocol`: the one of ours that the server chose.
    func opened(_ socket: WebSocketClient, protocol: String?)
    func received(_ message: WebSocketMessage, on socket: WebSocketClient)
    /// The last call.
    func closed(_ socket: WebSocketClient, _ end: WebSocketClientEnd)
}

/// The client's side of a WebSocket (RFC 6455): connects, shakes hands, masks what it sends.
///
/// Happy path: `opened`, messages in both directions, pings are answered; either side says goodbye, the other
/// answers, the server closes the connection.
/// Failures: whatever goes wrong ends it with `closed`, once; nothing is tried again here. A server that
/// breaks a rule is told which (RFC 6455 7.1.7). A server that is silent gets a ping, and is given up when it
/// answers with nothing.
@LoopActor
public final class WebSocketClient: ConnectionHandler {
    private enum Phase {
        case connecting
        case shaking(WebSocketClientHandshake)
        case open
        /// Our close frame is sent.
        case closing
        case ended
    }

    public let origin: Origin
    private let limits: WebSocketClientLimits
    /// Kept until it was told of the end.
    private var handler: (any WebSocketClientHandler)?
    private var phase = Phase.connecting
    private var connector: Connector?
    private var connection: Connection?
    private let decoder: WebSocketDecoder
    private var timer: LoopTimer?
    private var isPinged = false

    /// Starts to connect. `fields`: of the request, beside the handshake's own.
    public init(
        to origin: Origin, target: String, fields: [(name: String, value: String)] = [],
        protocols: [String] = [], limits: WebSocketClientLimits = WebSocketClientLimits(),
        handler: any WebSocketClientHandler
    ) {
        self.origin = origin
        self.limits = limits
        self.handler = handler
        decoder = WebSocketDecoder(from: .server, limits: limits.webSocket)
        connector = Connector(host: origin.host, port: origin.port, timeout: limits.connectTime) {
            [weak self] result in
            self?.connected(result, target, fields, protocols)
        }
    }

    public var isOpen: Bool {
        if case .open = phase { return true }
        return false
    }

    /// Sends a text. False: the socket is not open, or too much is waiting already; nothing was sent.
    /// Precondition: `payload` is valid UTF-8.
    @discardableResult
    public func send(text payload: UnsafeRawBufferPointer) -> Bool {
        guard isOpen, let connection, connection.queuedBytes <= limits.pendingBytesMax else { return false }
        sendFrame(.text, payload)
        return true
    }

    /// Says goodbye; `closed` follows. Before the handshake is done it just ends.
    public func close(_ code: WebSocketCloseCode = .normal, _ reason: String = "") {
        switch phase {
        case .connecting, .shaking: end(.byUs)
        case .open:
            sendClose(WebSocketClose(code, reason))
            phase = .closing
            schedule(limits.closeTime) { [unowned self] in end(.byUs) }
        case .closing, .ended: break
        }
    }

    // MARK: ConnectionHandler

    public func received(_ bytes: UnsafeRawBufferPointer) {
        switch phase {
        case .connecting, .ended: break
        case .shaking(let handshake): take(handshake.receive(bytes))
        case .open:
            isPinged = false
            watchSilence()
            decode(bytes)
        case .closing: decode(bytes)
        }
    }

    public func receivedEnd() {
        if case .shaking(let handshake) = phase { return take(handshake.receiveEnd()) }
        lose("\(origin) closed the connection without a goodbye")
    }

    public func drained() {}

    public func closed(_ error: SocketError?) {
        connection = nil
        lose(error?.message ?? "\(origin): closed")
    }

    // MARK: Private: beginning

    private func connected(
        _ result: Result<Connection, SocketError>, _ target: String,
        _ fields: [(name: String, value: String)], _ protocols: [String]
    ) {
        connector = nil
        switch result {
        case .failure(let error): end(.lost(error.message))
        case .success(let connection):
            self.connection = connection
            connection.handler = self
            let handshake = WebSocketClientHandshake(
                nonce: WebSocketClient.randomBytes(16), protocols: protocols)
            phase = .shaking(handshake)
            let request = ClientRequest(.get, target, fields: fields + handshake.fields)
            connection.send { request.encode(for: origin, into: $0) }
            schedule(limits.handshakeTime) { [unowned self] in
                end(.lost("\(origin): no answer to the handshake within \(limits.handshakeTime)"))
            }
        }
    }

    private func take(_ step: WebSocketClientHandshake.Step) {
        switch step {
        case .needMore: break
        case .failed(let reason): end(.lost("\(origin): \(reason)"))
        case .refused(let refusal): end(.refused(refusal))
        case .agreed(let selected, let leftovers):
            phase = .open
            watchSilence()
            handler?.opened(self, protocol: selected)
            if leftovers.count > 0 { decode(leftovers.pointer) }
        }
    }

    // MARK: Private: messages

    private func decode(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !isEnded {
            switch decoder.next(&rest) {
            case .needMore: return
            case .message(let message):
                if isOpen { handler?.received(message, on: self) }
            case .ping(let payload):
                if isOpen { sendFrame(.pong, payload.pointer) }
            case .pong: break
            case .close(let close): serverClosed(close)
            case .failed(let failure):
                if isOpen { sendClose(WebSocketClose(failure.code, failure.message)) }
                connection?.closeGracefully()
                end(.failed(failure))
            }
        }
    }

    private func serverClosed(_ close: WebSocketClose) {
        guard isOpen else { return end(.byUs) }
        sendClose(WebSocketClose(close.code))
        connection?.closeGracefully()
        end(.byServer(close))
    }

    private func sendClose(_ close: WebSocketClose) {
        WebSocketFrame.closePayload(close).withUnsafeBytes { sendFrame(.close, $0) }
    }

    private func sendFrame(_ opcode: WebSocketOpcode, _ payload: UnsafeRawBufferPointer) {
        let key = WebSocketClient.randomBytes(4)
        let mask = WebSocketMask(key[0], key[1], key[2], key[3])
        connection?.send { WebSocketFrame.encode(opcode, payload, mask: mask, into: $0) }
    }

    /// From the system's generator: a mask must not be foreseen (RFC 6455 5.3).
    private static func randomBytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max) }
    }

    // MARK: Private: time and the end

    private func watchSilence() {
        schedule(limits.heartbeatInterval) { [unowned self] in
            guard !isPinged else { return lose("\(origin): nothing came any more") }
            isPinged = true
            sendFrame(.ping, UnsafeRawBufferPointer(start: nil, count: 0))
            timer?.schedule(after: limits.heartbeatTime)
        }
    }

    private func schedule(_ time: Duration, _ body: @escaping @LoopActor () -> Void) {
        timer = LoopTimer(body)
        timer?.schedule(after: time)
    }

    private var isEnded: Bool {
        if case .ended = phase { return true }
        return false
    }

    private func lose(_ reason: String) {
        if case .closing = phase { return end(.byUs) }
        end(.lost(reason))
    }

    private func end(_ end: WebSocketClientEnd) {
        guard !isEnded else { return }
        phase = .ended
        timer = nil
        connector?.cancel()
        connector = nil
        // One that closes gracefully lives until it has: it is kept till then.
        if let connection, !connection.isClosed { connection.close() }
        let handler = self.handler
        self.handler = nil
        handler?.closed(self, end)
    }
}
