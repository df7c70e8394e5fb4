import EventLoop
import LogLine
import LoopTestSupport
import Operations
import Testing

@testable import Web

/// Keeps what a channel tells its owner.
@LoopActor
final class PushRecorder: WebSocketHandler {
    private(set) var messages = [String]()
    private(set) var drainedCount = 0
    private(set) var overflowCount = 0
    private(set) var ends = [PushEnd]()
    var goodbye = Goodbye.tooSlow
    var onMessage: (@LoopActor (WebSocketMessage, WebSocketConnection) -> Void)?

    func received(_ message: WebSocketMessage, on socket: WebSocketConnection) {
        messages.append("\(message.kind) \(message.payload.text)")
        onMessage?(message, socket)
    }

    func drained(_ channel: any PushChannel) { drainedCount += 1 }

    func overflowed(_ channel: any PushChannel) -> Goodbye {
        overflowCount += 1
        return goodbye
    }

    func closed(_ channel: any PushChannel, _ end: PushEnd) { ends.append(end) }

    /// In short, what the ends were.
    var endings: [String] {
        ends.map { end in
            switch end {
            case .byPeer(let close): "by peer \(close.code.rawValue) \(close.reason)"
            case .byUs: "by us"
            case .failed(let failure): "failed \(failure.code.rawValue)"
            case .silent: "silent"
            case .lost(let error): error == nil ? "lost" : "broken"
            }
        }
    }
}

/// A server with `/ws` and `/events`, each of whose channels has a recorder.
@LoopActor
final class PushFixture {
    let server: ServerFixture
    let channels: PushChannels
    private let opened: Opened

    /// What the routes fill.
    private final class Opened {
        var channels = [any PushChannel]()
        var recorders = [PushRecorder]()
    }

    init(
        limits: PushLimits = PushLimits(), protocols: [String] = [], origins: AllowedOrigins = .none,
        serverLimits: ServerLimits = ServerLimits()
    ) throws {
        let channels = PushChannels(limits: limits)
        let opened = Opened()
        self.channels = channels
        self.opened = opened
        let record: @LoopActor (any PushChannel) -> PushRecorder = { channel in
            let recorder = PushRecorder()
            opened.channels.append(channel)
            opened.recorders.append(recorder)
            return recorder
        }
        let routes = [
            Route(.get, "/ws") { exchange in
                if let refusal = exchange.admitStream() { return exchange.respond(refusal) }
                exchange.openWebSocket(protocols: protocols, allowedOrigins: origins, in: channels) {
                    record($0)
                }
            },
            Route(.get, "/events") { $0.openEventStream(in: channels) { record($0) } },
        ]
        server = try ServerFixture(routes, limits: serverLimits)
    }

    func socket(_ fields: String = "", receiveBytes: Int32? = nil) async throws -> WebSocketPeer {
        let peer = WebSocketPeer(try server.connect(receiveBytes: receiveBytes))
        let answer = try await peer.shakeHands(fields)
        try #require(answer.status == 101)
        return peer
    }

    /// The channel that was opened last.
    func channel() throws -> any PushChannel { try #require(opened.channels.last) }
    func webSocket() throws -> WebSocketConnection { try #require(try channel() as? WebSocketConnection) }
    func recorder() throws -> PushRecorder { try #require(opened.recorders.last) }

    /// What the channel opened last ended with, when it has.
    func ending() async throws -> String {
        let recorder = try recorder()
        await eventually("the channel is closed") { !recorder.ends.isEmpty }
        #expect(recorder.endings.count == 1 && channels.count == 0)
        return recorder.endings.joined(separator: ", ")
    }
}

extension PushLimits {
    /// The given ones, the others as they are.
    static func with(_ change: (inout PushLimits) -> Void) -> PushLimits {
        var limits = PushLimits()
        change(&limits)
        return limits
    }
}

/// A client that speaks WebSocket by the book.
@LoopActor
struct WebSocketPeer {
    static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    static let fields =
        "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
        + "sec-websocket-key: \(key)\r\n"

    let http: HTTPPeer

    init(_ http: HTTPPeer) { self.http = http }

    func shakeHands(_ fields: String = "") async throws -> Answer {
        await http.get("/ws", WebSocketPeer.fields + fields)
        return try await http.answer()
    }

    @discardableResult
    func send(_ frames: TestFrame...) async -> Bool { await http.socket.send(frames.flatMap(\.bytes)) }

    /// The next frame: its first byte and its payload as text, as in `81 Hello`.
    func frame() async throws -> String {
        let head = try await http.take(2)
        var count = Int(head[1])
        if count >= 126 {
            count = try await http.take(count == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) }
        }
        let payload = try await http.take(count)
        let first = String(head[0], radix: 16)
        guard head[0] == 0x88, count >= 2 else {
            return "\(first) \(String(decoding: payload, as: UTF8.self))"
        }
        let code = Int(payload[0]) << 8 | Int(payload[1])
        return "\(first) \(code) \(String(decoding: payload[2...], as: UTF8.self))"
    }

    /// How the connection ends, when nothing more comes.
    func end() async -> RawSocket.End {
        let (bytes, end) = await http.rest()
        #expect(bytes == [])
        return end
    }
}

extension PreparedFrame {
    convenience init(text: String, id: String = "", event: String = "") {
        self.init(ByteSlice(Array(text.utf8)), id: Array(id.utf8), event: Array(event.utf8))
    }
}
