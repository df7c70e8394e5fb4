import EventLoop
import LogLine
import LoopTestSupport
import Testing

@testable import Web

@Suite("The fields of an event stream")
struct EventStreamFieldTests {
    @Test("Events, delays and comments are written as the standard says")
    func golden() {
        #expect(event("hello", id: "e:7", event: "reset") == "id: e:7\nevent: reset\ndata: hello\n\n")
        #expect(event("{}") == "data: {}\n\n")
        #expect(event("") == "data: \n\n")
        #expect(written { EventStreamField.encodeRetry(.milliseconds(1_500), into: $0) } == "retry: 1500\n\n")
        #expect(written { EventStreamField.encodeComment("a\nb\rc", into: $0) } == ": a b c\n\n")
    }

    @Test("Every line of the data gets its field, whatever ends it")
    func lines() {
        #expect(event("a\nb\r\nc\rd") == "data: a\ndata: b\ndata: c\ndata: d\n\n")
        #expect(event("\n") == "data: \ndata: \n\n")
        #expect(event("a\n\n") == "data: a\ndata: \ndata: \n\n")
    }

    private func event(_ data: String, id: String = "", event: String = "") -> String {
        written { buffer in
            Array(data.utf8).withUnsafeBytes {
                EventStreamField.encodeEvent($0, id: Array(id.utf8), event: Array(event.utf8), into: buffer)
            }
        }
    }

    private func written(_ write: (ByteBuffer) -> Void) -> String {
        let buffer = ByteBuffer()
        write(buffer)
        return buffer.text
    }
}

@Suite("An event stream", .loop)
struct EventStreamTests {
    @Test("It is an answer in chunks that proxies leave alone, and its connection leaves the HTTP server")
    @LoopActor
    func events() async throws {
        let fixture = try PushFixture()
        let peer = try fixture.server.connect()
        await peer.get("/events")
        await eventually("it is open") { fixture.channels.count == 1 }
        #expect(fixture.server.server.connectionCount == 0)
        let stream = try #require(try fixture.channel() as? EventStream)
        stream.setReconnectDelay(.seconds(2))
        stream.send(PreparedFrame(text: "one", id: "e:1"))
        stream.send(PreparedFrame(text: "two", id: "e:2", event: "reset"))
        stream.close(Goodbye(.serviceRestart, "moving", reconnectDelay: .milliseconds(700)))
        stream.send(PreparedFrame(text: "never"))
        let answer = try await peer.answer()
        #expect(answer.status == 200 && answer.isChunked && answer.closes)
        #expect(answer.field("content-type") == "text/event-stream")
        #expect(answer.field("cache-control") == "no-cache, no-transform")
        #expect(answer.field("x-accel-buffering") == "no")
        let expected =
            "retry: 2000\n\nid: e:1\ndata: one\n\nid: e:2\nevent: reset\ndata: two\n\n"
            + "retry: 700\n\n: 1012 moving\n\n"
        #expect(answer.text == expected)
        #expect(await peer.rest().end == .end)
        peer.socket.endSending()
        #expect(try await fixture.ending() == "by us")
    }

    @Test("For HTTP/1.0 the same bytes go without chunks, and end with the connection")
    @LoopActor
    func oldVersion() async throws {
        let fixture = try PushFixture()
        let peer = try fixture.server.connect()
        await peer.send("GET /events HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
        await eventually("it is open") { fixture.channels.count == 1 }
        try fixture.channel().send(PreparedFrame(text: "one"))
        try fixture.channel().close(Goodbye(.normal))
        let answer = try await peer.answer()
        #expect(answer.text == "data: one\n\n: 1000 \n\n" && !answer.isChunked && answer.closes)
    }

    @Test("HEAD gets the head and no stream")
    @LoopActor
    func head() async throws {
        let fixture = try PushFixture()
        let peer = try fixture.server.connect()
        await peer.send("HEAD /events HTTP/1.1\r\nhost: test\r\n\r\n")
        let answer = try await peer.answer(isHead: true)
        #expect(answer.status == 200 && answer.field("content-type") == "text/event-stream")
        #expect(fixture.channels.count == 0)
        #expect(await peer.rest().bytes == [])
    }

    @Test("A client that ends its sending or breaks the connection is gone; what it sends is passed over")
    @LoopActor
    func gone() async throws {
        let fixture = try PushFixture()
        let peer = try fixture.server.connect()
        await peer.get("/events")
        await peer.send("GET /hello HTTP/1.1\r\n")
        await eventually("it is open") { fixture.channels.count == 1 }
        peer.socket.endSending()
        #expect(try await fixture.ending() == "lost")
        let other = try fixture.server.connect()
        await other.get("/events")
        await eventually("it is open") { fixture.channels.count == 1 }
        other.socket.reset()
        #expect(try await fixture.ending() == "broken")
    }

    @Test("A consumer that is too slow is cut behind what is pending, and must read the rest in time")
    @LoopActor
    func slowConsumer() async throws {
        let limits = PushLimits.with {
            $0.pendingBytesMax = 100_000
            $0.closeTime = .milliseconds(100)
        }
        let fixture = try PushFixture(limits: limits)
        let peer = try fixture.server.connect(receiveBytes: 4_096)
        await peer.get("/events")
        await eventually("it is open") { fixture.channels.count == 1 }
        let stream = try fixture.channel()
        let frame = PreparedFrame(text: String(repeating: "x", count: 10_000))
        while stream.isOpen {
            stream.send(frame)
            await turn()
        }
        #expect(try fixture.recorder().overflowCount == 1)
        #expect(stream.pendingBytes < 100_000 + 20_000)
        #expect(try await fixture.ending() == "by us")
    }

    @Test("The same frame goes to sockets and streams alike, made once for each kind")
    @LoopActor
    func mixed() async throws {
        let fixture = try PushFixture()
        let socket = try await fixture.socket()
        let stream = try fixture.server.connect()
        await stream.get("/events")
        await eventually("both are open") { fixture.channels.count == 2 }
        let frame = PreparedFrame(text: "{}", id: "e:1")
        fixture.channels.forEach { $0.send(frame) }
        #expect(frame.textFrame.block === frame.textFrame.block)
        #expect(frame.eventChunk.chunked.block === frame.eventChunk.plain.block)
        #expect(try await socket.frame() == "81 {}")
        let chunk = try await stream.take(through: "\n\n\r\n")
        #expect(String(decoding: chunk, as: UTF8.self).hasSuffix("12\r\nid: e:1\ndata: {}\n\n\r\n"))
    }
}
