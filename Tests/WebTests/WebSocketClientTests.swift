import EventLoop
import LogLine
import LoopTestSupport
import Testing

@testable import Web

/// Keeps what a client's socket tells.
@LoopActor
final class ClientRecorder: WebSocketClientHandler {
    private(set) var openings = [String?]()
    private(set) var messages = [String]()
    private(set) var ends = [String]()

    func opened(_ socket: WebSocketClient, protocol: String?) { openings.append(`protocol`) }

    func received(_ message: WebSocketMessage, on socket: WebSocketClient) {
        messages.append("\(message.kind) \(message.payload.text)")
    }

    func closed(_ socket: WebSocketClient, _ end: WebSocketClientEnd) {
        switch end {
        case .byServer(let close): ends.append("by server \(close.code.rawValue) \(close.reason)")
        case .byUs: ends.append("by us")
        case .failed(let failure): ends.append("failed \(failure.code.rawValue) \(failure.message)")
        case .lost(let reason): ends.append("lost \(reason)")
        case .refused(let refusal):
            ends.append("refused \(refusal.status) \(refusal.retryAfter ?? 0) \(refusal.body.text)")
        }
    }

    func end() async -> String {
        await eventually("the socket ends") { !ends.isEmpty }
        return ends.joined(separator: "; ")
    }
}

@Suite("A WebSocket's client", .loop)
struct WebSocketClientTests {
    private static let limits = {
        var limits = WebSocketClientLimits()
        limits.webSocket = .small
        limits.closeTime = .milliseconds(200)
        return limits
    }()

    @LoopActor
    private func client(
        _ origin: Origin, _ recorder: ClientRecorder, limits: WebSocketClientLimits = limits
    ) -> WebSocketClient {
        WebSocketClient(
            to: origin, target: "/ws", protocols: ["chat.v2", "chat.v1"], limits: limits, handler: recorder)
    }

    /// What a server of the book answers to this request.
    private static func answer(to request: String, accept: String? = nil, more: String = "") -> String {
        let key = request.split(separator: "\r\n").first { $0.hasPrefix("sec-websocket-key: ") }
        let proof = accept ?? WebSocketHandshake.proof(of: String(key?.dropFirst(19) ?? ""))
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
            + "Sec-WebSocket-Accept: \(proof)\r\n\(more)\r\n"
    }

    @Test("Messages of all sizes go both ways with our own server, which sees masked frames only")
    @LoopActor
    func bothWays() async throws {
        let fixture = try PushFixture(protocols: ["chat.v1"])
        let port = try #require(fixture.server.server.address?.port)
        let recorder = ClientRecorder()
        let socket = client(Origin(host: "127.0.0.1", port: port), recorder)
        await eventually("it opens") { recorder.openings == ["chat.v1"] }
        let server = try fixture.recorder()
        for count in [0, 1, 125, 126, 65_535, 65_536] {
            let text = String(repeating: "x", count: count)
            #expect(Array(text.utf8).withUnsafeBytes { socket.send(text: $0) })
            await eventually("\(count) bytes arrive") { server.messages.last == "text \(text)" }
            try fixture.webSocket().send(PreparedFrame(text: text))
            await eventually("\(count) bytes come back") { recorder.messages.last == "text \(text)" }
        }
        socket.close(.normal, "done")
        #expect(try await fixture.ending() == "by peer 1000 done")
        #expect(await recorder.end() == "by us")
        #expect(!Array("late".utf8).withUnsafeBytes { socket.send(text: $0) })
    }

    @Test("A server's goodbye is told with its code and reason")
    @LoopActor
    func goodbye() async throws {
        let fixture = try PushFixture()
        let port = try #require(fixture.server.server.address?.port)
        let recorder = ClientRecorder()
        let socket = client(Origin(host: "127.0.0.1", port: port), recorder)
        await eventually("it opens") { socket.isOpen }
        try fixture.channel().close(Goodbye(.serviceRestart, "retry in 700 ms"))
        #expect(await recorder.end() == "by server 1012 retry in 700 ms")
        #expect(try await fixture.ending() == "by us")
    }

    @Test(
        "An answer that is no proof of our handshake is refused",
        arguments: [
            ("x", "", "Sec-WebSocket-Accept"),
            (nil, "Sec-WebSocket-Extensions: permessage-deflate\r\n", "extension"),
            (nil, "Sec-WebSocket-Protocol: other\r\n", "sub-protocol"),
            (nil, "Sec-WebSocket-Accept: x\r\n", "Sec-WebSocket-Accept"), (nil, "Bad Field\r\n", ""),
        ] as [(String?, String, String)])
    @LoopActor
    func badHandshake(accept: String?, more: String, reason: String) async throws {
        let server = try ScriptedServer()
        let recorder = ClientRecorder()
        let socket = client(server.origin, recorder)
        let peer = try await server.accept()
        let request = try #require(await peer.request())
        await peer.socket.send(Self.answer(to: request, accept: accept, more: more))
        let end = await recorder.end()
        #expect(end.hasPrefix("lost ") && (reason.isEmpty || end.contains(reason)))
        #expect(!socket.isOpen && recorder.openings.isEmpty)
    }

    @Test("A 101 without the upgrade is refused, and so is a connection that ends instead")
    @LoopActor
    func noUpgrade() async throws {
        let server = try ScriptedServer()
        for answer in [
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n", "HTTP/1.1 101 x\r\nConnection: upgrade\r\n\r\n",
            "",
        ] {
            let recorder = ClientRecorder()
            let socket = client(server.origin, recorder)
            let peer = try await server.accept()
            _ = await peer.request()
            await peer.socket.send(answer)
            peer.socket.endSending()
            #expect(await recorder.end().hasPrefix("lost "))
            #expect(!socket.isOpen)
        }
    }

    @Test("Another status is told with its body and when to come back, however it is cut")
    @LoopActor
    func refusal() async throws {
        let server = try ScriptedServer()
        let recorder = ClientRecorder()
        let socket = client(server.origin, recorder)
        let peer = try await server.accept()
        _ = await peer.request()
        for piece in ["HTTP/1.1 503 x\r\nretry-", "after: 7\r\ncontent-length: 4\r\n\r\nfu", "ll"] {
            await peer.socket.send(piece)
            await turn()
        }
        let end = await recorder.end()
        #expect(end == "refused 503 7 full")
        #expect(!socket.isOpen)
    }

    @Test("Frames that come with the handshake are read; pings are answered with a masked pong")
    @LoopActor
    func leftovers() async throws {
        let server = try ScriptedServer()
        let recorder = ClientRecorder()
        let socket = client(server.origin, recorder)
        let peer = try await server.accept()
        let request = try #require(await peer.request())
        let frames = TestFrame(1, "Hel", isFinal: false).unmasked.bytes + TestFrame(9, "p").unmasked.bytes
        await peer.socket.send(Array(Self.answer(to: request).utf8) + frames)
        await peer.socket.send(TestFrame(0, "lo").unmasked.bytes)
        await eventually("the message comes") { recorder.messages == ["text Hello"] }
        let (bytes, _) = await peer.socket.receive()
        try #require(bytes.count == 7)
        #expect(bytes[0] == 0x8A && bytes[1] == 0x81)
        #expect(bytes[6] ^ bytes[2] == UInt8(ascii: "p"))
        socket.close()
    }

    @Test(
        "A server that breaks a rule is told which",
        arguments: [
            (TestFrame(1, "masked").bytes, 1002), (TestFrame(1, [0xFF]).unmasked.bytes, 1007),
            (TestFrame(2, [UInt8](repeating: 1, count: 70_001)).unmasked.bytes, 1009),
            (TestFrame(3, "x").unmasked.bytes, 1002),
        ])
    @LoopActor
    func broken(frame: [UInt8], code: Int) async throws {
        let server = try ScriptedServer()
        let recorder = ClientRecorder()
        let socket = client(server.origin, recorder)
        let peer = try await server.accept()
        let request = try #require(await peer.request())
        await peer.socket.send(Array(Self.answer(to: request).utf8) + frame)
        #expect(await recorder.end().hasPrefix("failed \(code) "))
        #expect(!socket.isOpen)
    }

    @Test("A silent server gets a ping, and is given up when nothing comes")
    @LoopActor
    func silence() async throws {
        var limits = Self.limits
        limits.heartbeatInterval = .milliseconds(50)
        limits.heartbeatTime = .milliseconds(50)
        let server = try ScriptedServer()
        let recorder = ClientRecorder()
        let socket = client(server.origin, recorder, limits: limits)
        let peer = try await server.accept()
        let request = try #require(await peer.request())
        await peer.socket.send(Self.answer(to: request))
        #expect(await recorder.end().hasSuffix("nothing came any more"))
        #expect(!socket.isOpen)
    }

    @Test("Who cannot be reached is lost; who never answers the handshake, too")
    @LoopActor
    func unreachable() async throws {
        let recorder = ClientRecorder()
        let gone = try RawListener(backlog: 1)
        let port = gone.port
        gone.close()
        let socket = client(Origin(host: "127.0.0.1", port: port), recorder)
        #expect(await recorder.end().hasPrefix("lost "))
        var limits = Self.limits
        limits.handshakeTime = .milliseconds(50)
        let server = try ScriptedServer()
        let other = ClientRecorder()
        let silent = client(server.origin, other, limits: limits)
        let peer = try await server.accept()
        _ = await peer.request()
        #expect(await other.end().contains("no answer to the handshake"))
        #expect(!socket.isOpen && !silent.isOpen)
    }
}
