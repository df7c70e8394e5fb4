import EventLoop
import LoopTestSupport
import Operations
import Testing

@testable import Web

@Suite("The WebSocket handshake's arithmetic")
struct WebSocketProofTests {
    @Test(
        "SHA-1 gives the standard's examples, also where the padding needs another block",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            (String(repeating: "a", count: 55), "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
            (String(repeating: "a", count: 56), "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
            (String(repeating: "a", count: 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
            (String(repeating: "a", count: 120), "f34c1488385346a55709ba056ddd08280dd4c6d6"),
        ])
    func sha1(text: String, digest: String) {
        let hash = SHA1.hash(Array(text.utf8))
        #expect(hash.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() == digest)
    }

    @Test(
        "Base64 gives the RFC's examples, both ways",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ])
    func base64(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == Array(encoded.utf8))
        #expect(Base64.decode(Array(encoded.utf8)) == Array(text.utf8))
    }

    @Test(
        "What is not the one encoding of some bytes is no Base64",
        arguments: [
            "Zg", "Zg=", "Zh==", "Zm9", "Z===", "====", "Zm9v=", "Zm 9", "Zm9v\n", "Zm-_", "Zg==Zg==",
        ])
    func noBase64(text: String) {
        #expect(Base64.decode(Array(text.utf8)) == nil)
    }

    @Test("The proof of a key is the RFC's")
    func proof() {
        #expect(WebSocketHandshake.proof(of: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }
}

@Suite("The WebSocket handshake", .loop)
struct WebSocketHandshakeTests {
    @Test("A handshake is answered with 101 and the proof, and the connection leaves the HTTP server")
    @LoopActor
    func accepted() async throws {
        let fixture = try PushFixture()
        let peer = WebSocketPeer(try fixture.server.connect())
        let answer = try await peer.shakeHands()
        #expect(answer.status == 101 && answer.field("upgrade") == "websocket")
        #expect(answer.field("connection") == "upgrade" && answer.count(of: "connection") == 1)
        #expect(answer.field("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(answer.field("content-length") == nil && !answer.isChunked)
        #expect(answer.field("sec-websocket-protocol") == nil)
        #expect(fixture.server.server.connectionCount == 0 && fixture.channels.count == 1)
    }

    @Test("The first protocol of ours that the client offers is agreed on, none when it offers no such")
    @LoopActor
    func protocols() async throws {
        let fixture = try PushFixture(protocols: ["chat-cluster.v2", "chat-cluster.v1"])
        for (offered, agreed) in [
            ("chat-cluster.v1", "chat-cluster.v1"),
            ("other, chat-cluster.v1 ,\tchat-cluster.v2", "chat-cluster.v2"),
            ("other\r\nsec-websocket-protocol: chat-cluster.v1", "chat-cluster.v1"), ("other", nil),
            ("CHAT-CLUSTER.V1", nil),
        ] {
            let peer = WebSocketPeer(try fixture.server.connect())
            let answer = try await peer.shakeHands("sec-websocket-protocol: \(offered)\r\n")
            #expect(answer.status == 101 && answer.field("sec-websocket-protocol") == agreed, "\(offered)")
        }
    }

    @Test("What is no handshake is answered with what is missing, and the connection goes on as HTTP")
    @LoopActor
    func refused() async throws {
        let fixture = try PushFixture()
        let peer = try fixture.server.connect()
        let fields = WebSocketPeer.fields
        let key = WebSocketPeer.key
        let cases: [(String, Int)] = [
            ("", 426),
            (fields.replacing("connection: upgrade", with: "connection: keep-alive"), 426),
            (fields.replacing("upgrade: websocket", with: "upgrade: h2c"), 426),
            (fields.replacing("version: 13", with: "version: 8"), 426),
            (fields.replacing("version: 13", with: "version: 013"), 426),
            (fields.replacing("version: 13", with: "version: 13, 8"), 426),
            (fields.replacing("sec-websocket-version: 13\r\n", with: ""), 426),
            (fields.replacing(key, with: "c2hvcnQ="), 400), (fields.replacing(key, with: ""), 400),
            (fields.replacing(key, with: "dGhlIHNhbXBsZSBub25jZQ"), 400),
            (fields + "sec-websocket-key: \(key)\r\n", 400),
        ]
        for (fields, status) in cases {
            await peer.get("/ws", fields)
            let answer = try await peer.answer()
            #expect(answer.status == status, "\(fields)")
            #expect((answer.field("sec-websocket-version") == "13") == (status == 426))
            #expect((answer.field("upgrade") == "websocket") == (status == 426))
            #expect((answer.field("connection") == "upgrade") == (status == 426))
        }
        await peer.get("/hello")
        #expect(try await peer.answer().text == "hello")
        #expect(fixture.channels.count == 0)
    }

    @Test("Neither HEAD nor HTTP/1.0 nor a request with a body becomes a WebSocket")
    @LoopActor
    func otherRequests() async throws {
        let fixture = try PushFixture()
        let fields = "host: test\r\n\(WebSocketPeer.fields)\r\n"
        let head = try fixture.server.connect()
        await head.send("HEAD /ws HTTP/1.1\r\n\(fields)")
        #expect(try await head.answer(isHead: true).status == 426)
        let old = try fixture.server.connect()
        await old.send("GET /ws HTTP/1.0\r\n\(fields)")
        #expect(try await old.answer().status == 426)
        let body = try fixture.server.connect()
        await body.send("GET /ws HTTP/1.1\r\ncontent-length: 1\r\n\(fields)x")
        #expect(try await body.answer().status == 413)
    }

    @Test("Pages of the server's own origin and of allowed ones may connect, others get 403")
    @LoopActor
    func origins() async throws {
        let fixture = try PushFixture(origins: .named("https://chat.example"))
        for (origin, status) in [
            ("http://test", 101), ("https://TEST", 101), ("https://chat.example", 101),
            ("https://evil.example", 403), ("http://test:8080", 403), ("null", 403), ("", 403),
            ("ftp://test", 403), ("http://test.evil.example", 403),
        ] {
            let peer = WebSocketPeer(try fixture.server.connect())
            #expect(try await peer.shakeHands("origin: \(origin)\r\n").status == status, "\(origin)")
        }
        let anyone = try PushFixture(origins: .named("*"))
        _ = try await anyone.socket("origin: https://evil.example\r\n")
    }

    @Test("Frames that come with the handshake are the first ones, in one piece with it or cut anywhere")
    @LoopActor
    func leftovers() async throws {
        let frames = TestFrame(1, "first").bytes + TestFrame(1, "second").bytes
        let request = Array("GET /ws HTTP/1.1\r\nhost: test\r\n\(WebSocketPeer.fields)\r\n".utf8)
        for extra in stride(from: 0, through: frames.count, by: 5) {
            let fixture = try PushFixture()
            let peer = WebSocketPeer(try fixture.server.connect())
            await peer.http.socket.send(request + frames[..<extra])
            #expect(try await peer.http.answer().status == 101)
            await peer.http.socket.send(Array(frames[extra...]))
            await eventually("both come") { (try? fixture.recorder().messages.count) == 2 }
            #expect(try fixture.recorder().messages == ["text first", "text second"])
        }
    }

    @Test("A handshake is answered behind the requests before it, and what follows waits for its answer")
    @LoopActor
    func pipelined() async throws {
        let fixture = try PushFixture()
        let peer = WebSocketPeer(try fixture.server.connect())
        await peer.http.get("/later/slow")
        await peer.http.get("/ws", WebSocketPeer.fields)
        await peer.send(TestFrame(1, "early"))
        await fixture.server.answer("slow")
        #expect(try await peer.http.answer().text == "slow")
        #expect(try await peer.http.answer().status == 101)
        await eventually("the frame is read") { (try? fixture.recorder().messages) == ["text early"] }
    }

    @Test("A request that became a channel is freed, although what opened the channel holds it")
    @LoopActor
    func freed() async throws {
        weak var exchange: Exchange?
        let channels = PushChannels()
        let fixture = try ServerFixture([
            Route(.get, "/ws") { own in
                exchange = own
                own.openWebSocket(allowedOrigins: .none, in: channels) { _ in
                    #expect(own.isAnswered)
                    return PushRecorder()
                }
            }
        ])
        let peer = WebSocketPeer(try fixture.connect())
        #expect(try await peer.shakeHands().status == 101)
        await eventually("the request is freed") { exchange == nil }
        #expect(channels.count == 1)
    }

    @Test("Behind an upgrade that is refused later, the bytes that waited are requests after all")
    @LoopActor
    func refusedLater() async throws {
        let fixture = try PushFixture()
        let peer = try fixture.server.connect()
        await peer.get("/later/upgrade", "connection: upgrade\r\nupgrade: other\r\n")
        await peer.get("/hello")
        await fixture.server.answer("upgrade")
        #expect(try await peer.answer().text == "upgrade")
        #expect(try await peer.answer().text == "hello")
    }
}
