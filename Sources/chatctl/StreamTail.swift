import Crypto
import EventLoop
import LogLine
import Operations
import TerminalChat
import Web

/// `tail` for who has no secret: what somebody may read, over a WebSocket that goes on from where it broke.
@LoopActor
final class StreamTail: WebSocketClientHandler {
    private let server: HTTPURL
    private let credentials: Credentials?
    private let channel: String?
    private let asJSON: Bool
    private var plan = StreamPlan(serverCount: 1, seed: SecureRandom.uint64())
    private var position: Position?
    private var socket: WebSocketClient?
    private var timer: LoopTimer?
    private var continuation: CheckedContinuation<ChatControl.Failure, Never>?

    init(_ server: HTTPURL, _ credentials: Credentials?, _ arguments: Arguments) {
        self.server = server
        self.credentials = credentials
        channel = arguments.positional.first
        asJSON = arguments.has("json")
    }

    /// Returns only when there is no use in going on.
    func run() async -> ChatControl.Failure {
        await withCheckedContinuation { continuation in
            self.continuation = continuation
            connect()
        }
    }

    private func connect() {
        var query = credentials == nil ? "channels=*" : "channels=*,@me"
        if let channel { query = "channel=\(PathEncoding.encode(segment: Array(channel.utf8)))" }
        if let position { query += "&after=\(position)" }
        socket = WebSocketClient(
            to: Origin(host: server.host, port: server.port, prefix: server.pathPrefix),
            target: "/ws?\(query)", fields: credentials.map { [$0.field] } ?? [],
            protocols: [ChatConnection.subprotocol], handler: self)
    }

    // MARK: WebSocketClientHandler

    func opened(_ socket: WebSocketClient, protocol: String?) {}

    func received(_ message: WebSocketMessage, on socket: WebSocketClient) {
        let text = message.payload.text
        // A control object is no line.
        if let line = message.payload.pointer.first.flatMap({ _ in
            try? Line.parse(message.payload.pointer)
        }) {
            if let epoch = position?.epoch { position = Position(epoch: epoch, offset: line.offset) }
            return TalkCommands.show(text, asJSON: asJSON)
        }
        guard let control = StreamControl(message.payload.pointer) else { return }
        if control.isPosition { position = control.position ?? position }
        if control.isLive { plan.becameLive() }
        if let retry = control.retry { plan.toldGoodbye(retry: retry) }
    }

    func closed(_ socket: WebSocketClient, _ end: WebSocketClientEnd) {
        let end = ChatConnection.planned(end)
        if position == nil, case .broken(let reason) = end { return finish(ChatControl.Failure(reason)) }
        if case .refused(let status, _, let reason) = end, status < 429 {
            return finish(ChatControl.Failure(reason))
        }
        if case .tokenRefused(let reason) = end { return finish(ChatControl.Failure(reason)) }
        switch plan.next(after: end) {
        case .signedOut(let reason, _):
            finish(ChatControl.Failure("signed out: \(Terminal.printable(reason))"))
        case .connect(_, let delay):
            timer = LoopTimer { [unowned self] in connect() }
            timer?.schedule(after: delay)
        }
    }

    private func finish(_ failure: ChatControl.Failure) {
        continuation?.resume(returning: failure)
        continuation = nil
    }
}
