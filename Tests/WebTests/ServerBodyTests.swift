import EventLoop
import LogLine
import LoopTestSupport
import Testing

@testable import Web

@Suite("HTTP server: bodies of requests", .loop)
struct ServerBodyTests {
    private static let expecting =
        "POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n"

    @Test("A client that waits for 100 Continue gets it, then sends its body")
    @LoopActor
    func continues() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        for _ in 0..<2 {
            await peer.send(Self.expecting)
            #expect(try await peer.answer().status == 100)
            await peer.send("abcde")
            #expect(try await peer.answer().text == "abcde")
        }
    }

    @Test("100 Continue is not sent when the body came along, nor before earlier answers")
    @LoopActor
    func continueOrder() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        await peer.send(Self.expecting + "abcde")
        #expect(try await peer.answer().text == "abcde")
        await peer.send("GET /later/first HTTP/1.1\r\nhost: test\r\n\r\n" + Self.expecting)
        await fixture.answer("first")
        #expect(try await peer.answer().text == "first")
        #expect(try await peer.answer().status == 100)
        await peer.send("vwxyz")
        #expect(try await peer.answer().text == "vwxyz")
    }

    @Test(
        "A body that will not be taken is refused instead of asked for",
        arguments: [
            ("POST /nothing HTTP/1.1", "5", 404), ("POST /hello HTTP/1.1", "5", 405),
            ("POST /echo HTTP/1.1", "1048577", 413),
        ])
    @LoopActor
    func refusedBody(line: String, length: String, status: Int) async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        await peer.send("\(line)\r\nhost: test\r\ncontent-length: \(length)\r\nexpect: 100-continue\r\n\r\n")
        let answer = try await peer.answer()
        #expect(answer.status == status)
        #expect(answer.closes)
        #expect(await peer.rest().end == .end)
    }

    @Test("A chunked body arrives as one")
    @LoopActor
    func chunked() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        let head = "POST /echo HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n"
        await peer.send(head + "3\r\nabc\r\n")
        await peer.send("A;name=value\r\n0123456789\r\n0\r\ntrailer: x\r\n\r\n" + head + "0\r\n\r\n")
        #expect(try await peer.answer().text == "abc0123456789")
        #expect(try await peer.answer().text == "")
    }

    @Test("A body over its limit is refused by its length, and the client gets that while it is sending")
    @LoopActor
    func tooLarge() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        let length = 4 << 20
        await peer.send("POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: \(length)\r\n\r\n")
        // It sends all of it before it reads
        #expect(await peer.socket.send([UInt8](repeating: 1, count: length)))
        let answer = try await peer.answer()
        #expect(answer.status == 413)
        #expect(answer.text.contains("1048576"))
        #expect(await peer.rest().end == .end)
        #expect(fixture.handledCount == 0)
    }

    @Test("A chunked body over its limit is refused at the chunk that goes beyond it")
    @LoopActor
    func tooLargeChunked() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        await peer.send("POST /echo HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n")
        await peer.send("100000\r\n")
        #expect(try await peer.answer().status == 413)
        #expect(await peer.rest().end == .end)
    }

    @Test("A route without a body takes none")
    @LoopActor
    func noBodyTaken() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        await peer.send("GET /hello HTTP/1.1\r\nhost: test\r\ncontent-length: 1\r\n\r\nx")
        #expect(try await peer.answer().status == 413)
    }

    @Test("Beyond the bytes of all bodies together a request gets 503, and later ones are taken again")
    @LoopActor
    func receivedBytesMax() async throws {
        let fixture = try ServerFixture(limits: .with { $0.receivedBodyBytesMax = 1_000 })
        let head = "POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 600\r\n\r\n"
        let first = try fixture.connect()
        await first.send(head + String(repeating: "x", count: 500))
        await eventually("it is being received") { fixture.server.connectionCount == 1 }
        for _ in 0..<3 { await turn() }
        // When as much comes of another one meanwhile
        let second = try fixture.connect()
        await second.send(head + String(repeating: "x", count: 501))
        let refusal = try await second.answer()
        #expect(refusal.status == 503 && refusal.closes)
        #expect(refusal.field("retry-after") == "1")
        // Then the first is not harmed, and its end makes room
        await first.send(String(repeating: "x", count: 100))
        #expect(try await first.answer().body.count == 600)
        let third = try fixture.connect()
        await third.send(head + String(repeating: "y", count: 600))
        #expect(try await third.answer().body.count == 600)
        // As does the end of a connection in the middle of a body
        let gone = try fixture.connect()
        await gone.send(head + String(repeating: "x", count: 599))
        for _ in 0..<3 { await turn() }
        gone.socket.reset()
        await eventually("it is gone") { fixture.server.connectionCount <= 2 }
        let fourth = try fixture.connect()
        await fourth.send(head + String(repeating: "z", count: 599))
        for _ in 0..<3 { await turn() }
        await fourth.send("z")
        #expect(try await fourth.answer().status == 200)
    }

    @Test("A body that was only announced takes no room from others")
    @LoopActor
    func announcedBytes() async throws {
        let fixture = try ServerFixture(limits: .with { $0.receivedBodyBytesMax = 1_000 })
        let head = "POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 900\r\n\r\n"
        var silent = [HTTPPeer]()
        for _ in 0..<5 {
            let peer = try fixture.connect()
            await peer.send(head)
            silent.append(peer)
        }
        await eventually("they are connected") { fixture.server.connectionCount == 5 }
        for _ in 0..<3 { await turn() }
        let writer = try fixture.connect()
        await writer.send(head + String(repeating: "x", count: 899))
        for _ in 0..<3 { await turn() }
        await writer.send("x")
        #expect(try await writer.answer().body.count == 900)
        withExtendedLifetime(silent) {}
    }
}
