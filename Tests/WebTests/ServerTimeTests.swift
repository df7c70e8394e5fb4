import EventLoop
import LogLine
import LoopTestSupport
import Testing

@testable import Web

@Suite("HTTP server: time limits", .loopAlone)
struct ServerTimeTests {
    @Test("A head that is not complete in time gets 408")
    @LoopActor
    func slowHead() async throws {
        let fixture = try ServerFixture(limits: .with { $0.headTime = .milliseconds(60) })
        let peer = try fixture.connect()
        await peer.send("GET /hello HTTP/1.1\r\nho")
        let answer = try await peer.answer()
        #expect(answer.status == 408 && answer.closes)
        #expect(answer.field("content-type") == MediaType.problem)
        #expect(await peer.rest().end == .end)
    }

    @Test("A head of which a byte comes now and then gets 408 all the same")
    @LoopActor
    func drippingHead() async throws {
        let fixture = try ServerFixture(limits: .with { $0.headTime = .milliseconds(100) })
        let peer = try fixture.connect()
        let dripping = Task {
            for byte in "GET /hello HTTP/1.1\r\nhost: \(String(repeating: "x", count: 2_000))".utf8 {
                guard await peer.socket.send([byte]) else { return }
                await turn()
            }
        }
        #expect(try await peer.answer().status == 408)
        dripping.cancel()
        peer.socket.reset()
        await dripping.value
    }

    @Test("A body that is not complete in time gets 408")
    @LoopActor
    func slowBody() async throws {
        let fixture = try ServerFixture(limits: .with { $0.bodyTime = .milliseconds(60) })
        let peer = try fixture.connect()
        await peer.send("POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\n\r\nabc")
        let answer = try await peer.answer()
        #expect(answer.status == 408 && answer.closes)
        #expect(fixture.handledCount == 0)
    }

    @Test("The answer to a slow request stands behind those that are due before it")
    @LoopActor
    func slowBehindOthers() async throws {
        let fixture = try ServerFixture(limits: .with { $0.headTime = .milliseconds(60) })
        let peer = try fixture.connect()
        await peer.send("GET /later/first HTTP/1.1\r\nhost: test\r\n\r\nGET /he")
        let start = LoopClock.monotonic
        await eventually("the time is over") { LoopClock.monotonic - start > .milliseconds(120) }
        await fixture.answer("first")
        #expect(try await peer.answer().text == "first")
        #expect(try await peer.answer().status == 408)
    }

    @Test("An idle connection is closed without a word, one that is being answered is not")
    @LoopActor
    func idle() async throws {
        let fixture = try ServerFixture(limits: .with { $0.idleTime = .seconds(1) })
        let silent = try fixture.connect()
        let used = try fixture.connect()
        let waiting = try fixture.connect()
        await used.get("/hello")
        await waiting.get("/later/long")
        #expect(try await used.answer().text == "hello")
        for peer in [silent, used] {
            let (bytes, end) = await peer.rest()
            #expect(bytes.isEmpty && end == .end)
        }
        await fixture.answer("long")
        #expect(try await waiting.answer().text == "long")
    }

    @Test("A reader that is slow, but reads, gets its whole answer, whatever the limits of idle connections")
    @LoopActor
    func slowReader() async throws {
        let limits = ServerLimits.with {
            $0.idleTime = .milliseconds(500)
            $0.stalledReaderTime = .seconds(60)
        }
        let page = ByteSlice([UInt8](repeating: 0x70, count: 8 << 20))
        let fixture = try ServerFixture(
            [Route(.get, "/page") { $0.respond(Response(200, body: .bytes(page))) }], limits: limits)
        let peer = try fixture.connect(receiveBytes: 32_768)
        await peer.get("/page")
        let start = LoopClock.monotonic
        await eventually("it reads late") { LoopClock.monotonic - start > .seconds(1) }
        #expect(try await peer.answer().body.count == page.count)
    }

    @Test("A reader that takes nothing any more is cut off")
    @LoopActor
    func stalledReader() async throws {
        let page = ByteSlice([UInt8](repeating: 0x70, count: 8 << 20))
        let fixture = try ServerFixture(
            [Route(.get, "/page") { $0.respond(Response(200, body: .bytes(page))) }],
            limits: .with { $0.stalledReaderTime = .milliseconds(80) })
        let peer = try fixture.connect(receiveBytes: 32_768)
        await peer.get("/page")
        await eventually("it is served") { fixture.server.connectionCount == 1 }
        await fixture.expectNoConnections()
        #expect(await peer.rest().bytes.count < page.count)
    }
}
