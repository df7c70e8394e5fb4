import EventLoop
import LogLine
import LoopTestSupport
import Testing

@testable import Web

@Suite("HTTP server: draining", .loopAlone)
struct ServerDrainTests {
    @Test("A draining server still accepts, and every last answer says that the connection closes")
    @LoopActor
    func announces() async throws {
        let fixture = try ServerFixture()
        let old = try fixture.connect()
        await old.get("/hello")
        #expect(try await !old.answer().closes)
        fixture.server.startDraining()
        #expect(fixture.server.isDraining)
        for peer in [old, try fixture.connect()] {
            await peer.get("/hello")
            let answer = try await peer.answer()
            #expect(answer.text == "hello" && answer.closes)
            #expect(await peer.rest().end == .end)
        }
    }

    @Test("Pipelined requests that are under way are all answered, the last one closes")
    @LoopActor
    func pipelined() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        for name in ["a", "b"] { await peer.get("/later/\(name)") }
        await eventually("both come") { fixture.later.count == 2 }
        fixture.server.startDraining()
        fixture.server.drainConnections()
        await fixture.answer("b")
        await fixture.answer("a")
        let first = try await peer.answer()
        #expect(first.text == "a" && !first.closes)
        let second = try await peer.answer()
        #expect(second.text == "b" && second.closes)
        #expect(await peer.rest().end == .end)
    }

    @Test("Idle connections are closed at once; one with a request on its way gets its answer first")
    @LoopActor
    func drains() async throws {
        let fixture = try ServerFixture(limits: .with { $0.firstRequestTime = .zero })
        let idle = try fixture.connect()
        await idle.get("/hello")
        #expect(try await idle.answer().status == 200)
        let sending = try fixture.connect()
        await sending.send("POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 4\r\n\r\nab")
        await eventually("both are there") { fixture.server.connectionCount == 2 }
        for _ in 0..<3 { await turn() }
        fixture.server.startDraining()
        fixture.server.drainConnections()
        #expect(await idle.rest().end == .end)
        await sending.send("cd")
        let answer = try await sending.answer()
        #expect(answer.text == "abcd" && answer.closes)
        #expect(await sending.rest().end == .end)
    }

    @Test("A connection that was just opened gets the answer to its first request, and closes behind it")
    @LoopActor
    func justOpened() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        await eventually("it is there") { fixture.server.connectionCount == 1 }
        fixture.server.startDraining()
        fixture.server.drainConnections()
        await peer.get("/hello")
        let answer = try await peer.answer()
        #expect(answer.text == "hello" && answer.closes)
        #expect(await peer.rest().end == .end)
    }

    @Test("A share of the connections is drained at a time, at least one")
    @LoopActor
    func share() async throws {
        let fixture = try ServerFixture()
        let peers = try (0..<4).map { _ in try fixture.connect() }
        await eventually("all are there") { fixture.server.connectionCount == 4 }
        for peer in peers { peer.socket.endSending() }
        await fixture.expectNoConnections()
        let others = try (0..<4).map { _ in try fixture.connect() }
        await eventually("all are there") { fixture.server.connectionCount == 4 }
        fixture.server.drainConnections(share: 0.5)
        fixture.server.closeListener()
        #expect(throws: (any Error).self) { _ = try RawSocket.connect(port: 1) }
        for peer in others { peer.socket.endSending() }
        await fixture.expectNoConnections()
        #expect(fixture.server.address == nil)
    }
}
