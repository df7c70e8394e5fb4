import EventLoop
import LogLine
import LoopTestSupport
import Testing

@testable import Web

@Suite("HTTP server: one connection, many requests", .loop)
struct ServerKeepAliveTests {
    @Test("A connection serves request after request, each answer with its length and date")
    @LoopActor
    func keepsAlive() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        for _ in 0..<3 {
            await peer.get("/hello")
            let answer = try await peer.answer()
            #expect(answer.status == 200)
            #expect(answer.text == "hello")
            #expect(answer.field("content-length") == "5")
            #expect(answer.field("content-type") == MediaType.text)
            #expect(answer.field("date")?.hasSuffix(" GMT") == true)
            #expect(answer.field("connection") == nil)
        }
        #expect(fixture.server.connectionCount == 1)
    }

    @Test("Pipelined requests are answered in their order, also when the answers are given in another one")
    @LoopActor
    func pipelining() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        let names = ["a", "b", "c", "d"]
        await peer.send(names.map { "GET /later/\($0) HTTP/1.1\r\nhost: test\r\n\r\n" }.joined())
        for name in ["c", "b", "d", "a"] { await fixture.answer(name) }
        for name in names { #expect(try await peer.answer().text == name) }
    }

    @Test("A request that arrives byte by byte is answered like one that arrives at once")
    @LoopActor
    func byteByByte() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        for byte in "POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 3\r\n\r\nabc".utf8 {
            await peer.socket.send([byte])
        }
        #expect(try await peer.answer().text == "abc")
    }

    @Test("Behind so many requests under way reading pauses, and goes on with the answers")
    @LoopActor
    func pipeliningBound() async throws {
        let fixture = try ServerFixture(limits: .with { $0.pipelinedRequestsMax = 4 })
        let peer = try fixture.connect()
        let names = (0..<20).map(String.init)
        await peer.send(names.map { "GET /later/\($0) HTTP/1.1\r\nhost: test\r\n\r\n" }.joined())
        await eventually("the first come") { fixture.handledCount == 4 }
        for _ in 0..<5 { await turn() }
        #expect(fixture.handledCount == 4)
        for name in names { await fixture.answer(name) }
        for name in names { #expect(try await peer.answer().text == name) }
        #expect(fixture.handledCount == names.count)
    }

    @Test("A client that asks on and on and reads nothing makes the server hold a bounded number of bytes")
    @LoopActor
    func unreadAnswers() async throws {
        // Given answers of 100 KB and a client that reads nothing
        let page = ByteSlice([UInt8](repeating: 0x70, count: 100_000))
        var givenCount = 0
        let fixture = try ServerFixture([
            Route(.get, "/page") { exchange in
                givenCount += 1
                exchange.respond(Response(200, body: .bytes(page)))
            }
        ])
        let peer = try fixture.connect(receiveBytes: 32_768)
        // When it asks 600 times
        let count = 600
        let request = "GET /page HTTP/1.1\r\nhost: test\r\n\r\n"
        let sending = Task { await peer.socket.send(String(repeating: request, count: count)) }
        await eventually("the first are given") { givenCount > 0 }
        for _ in 0..<20 { await turn() }
        // Then only what the kernel takes, and a little more, was made
        #expect(givenCount < 300)
        // And all are answered once it reads
        let bytes = await Task.detached { await peer.socket.receive(count: count * page.count) }.value
        #expect(bytes.count == count * page.count)
        #expect(await sending.value)
        await eventually("all are answered") { givenCount == count }
    }

    @Test("HEAD gets the fields of GET and no body")
    @LoopActor
    func head() async throws {
        let fixture = try ServerFixture([
            Route(.get, "/stream") { exchange in
                exchange.respond(
                    Response(
                        200,
                        body: .stream(length: 9) { _ in Issue.record("the stream is not started for HEAD") }))
            }
        ])
        let peer = try fixture.connect()
        for (path, length) in [("/hello", "5"), ("/stream", "9"), ("/hello", "5")] {
            await peer.send("HEAD \(path) HTTP/1.1\r\nhost: test\r\n\r\n")
            let answer = try await peer.answer(isHead: true)
            #expect(answer.status == 200)
            #expect(answer.field("content-length") == length)
        }
        await peer.get("/hello")
        #expect(try await peer.answer().text == "hello")
    }

    @Test("Connection: close is honoured and said, and nothing behind it is served")
    @LoopActor
    func close() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        let request = "POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 1\r\n"
        await peer.send(request + "\r\na" + request + "connection: close\r\n\r\nb" + request + "\r\nc")
        let first = try await peer.answer()
        #expect(first.text == "a" && !first.closes)
        let second = try await peer.answer()
        #expect(second.text == "b" && second.closes)
        let (bytes, end) = await peer.rest()
        #expect(bytes.isEmpty && end == .end)
        #expect(fixture.handledCount == 2)
    }

    @Test("HTTP/1.0 ends with its answer, or stays open when the client asks for that")
    @LoopActor
    func http10() async throws {
        let fixture = try ServerFixture()
        let single = try fixture.connect()
        await single.send("GET /hello HTTP/1.0\r\n\r\n")
        let answer = try await single.answer()
        #expect(answer.text == "hello" && answer.closes)
        #expect(await single.rest().end == .end)
        let kept = try fixture.connect()
        for _ in 0..<2 {
            await kept.send("GET /hello HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
            let answer = try await kept.answer()
            #expect(answer.text == "hello" && answer.field("connection") == "keep-alive")
        }
    }

    @Test("A client that has closed its direction gets all its answers, however slowly it reads")
    @LoopActor
    func halfClose() async throws {
        let page = ByteSlice([UInt8](repeating: 0x70, count: 8 << 20))
        let fixture = try ServerFixture([
            Route(.get, "/page") { $0.respond(Response(200, body: .bytes(page))) }
        ])
        let peer = try fixture.connect(receiveBytes: 32_768)
        await peer.get("/later/first")
        await peer.get("/page")
        peer.socket.endSending()
        await fixture.answer("first")
        for _ in 0..<5 { await turn() }
        #expect(try await peer.answer().text == "first")
        #expect(try await peer.answer().body.count == page.count)
        #expect(await peer.rest().end == .end)
        await fixture.expectNoConnections()
    }

    @Test("A client that closes its direction in the middle of an answer gets the rest of it")
    @LoopActor
    func halfCloseLate() async throws {
        let page = ByteSlice([UInt8](repeating: 0x70, count: 8 << 20))
        var givenCount = 0
        let fixture = try ServerFixture([
            Route(.get, "/page") { exchange in
                exchange.respond(Response(200, body: .bytes(page)))
                givenCount += 1
            }
        ])
        let peer = try fixture.connect(receiveBytes: 32_768)
        await peer.get("/page")
        await eventually("the answer is given") { givenCount == 1 }
        peer.socket.endSending()
        for _ in 0..<5 { await turn() }
        #expect(try await peer.answer().body.count == page.count)
        #expect(await peer.rest().end == .end)
        await fixture.expectNoConnections()
    }

    @Test("A client that goes away before its answer is noticed: the exchange hears of it, once")
    @LoopActor
    func abandoned() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        await peer.get("/later/never")
        await eventually("it comes") { fixture.later["never"] != nil }
        let exchange = try #require(fixture.later["never"])
        var abandonedCount = 0
        exchange.onAbandoned = { abandonedCount += 1 }
        peer.socket.reset()
        await eventually("it is abandoned") { abandonedCount == 1 }
        #expect(exchange.isAbandoned)
        // An answer that comes too late does no harm
        exchange.respond(Response(200))
        await fixture.expectNoConnections()
        #expect(abandonedCount == 1)
    }
}
