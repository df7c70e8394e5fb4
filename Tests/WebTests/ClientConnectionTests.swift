import EventLoop
import LogLine
import LoopTestSupport
import Testing

@testable import Web

@Suite("HTTP client: one connection", .loop)
struct ClientConnectionTests {
    @Test("A request is written by the book: target with prefix, host, fields, length and body")
    @LoopActor
    func encoding() async throws {
        let server = try ScriptedServer(prefix: "/replication-log")
        let connection = ClientConnection(to: server.origin)
        let request = ClientRequest(
            .post, "/append?x=1", fields: [("accept", "*/*")], body: ByteSlice(Array("abc".utf8)))
        connection.send(request, RecordedAnswer())
        let peer = try await server.accept()
        let expected =
            "POST /replication-log/append?x=1 HTTP/1.1\r\nhost: 127.0.0.1:\(server.origin.port)\r\n"
            + "accept: */*\r\ncontent-length: 3\r\n\r\nabc"
        let bytes = await peer.socket.receive(count: expected.utf8.count)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
        #expect(Origin(host: "::1", port: 80).description == "http://[::1]:80")
        connection.close()
    }

    @Test("Requests are sent one behind another, their answers given in order, however they are cut")
    @LoopActor
    func pipelining() async throws {
        let server = try ScriptedServer()
        let connection = ClientConnection(to: server.origin)
        let answers = (0..<3).map { _ in RecordedAnswer() }
        for (number, answer) in answers.enumerated() {
            connection.send(ClientRequest(.get, "/\(number)"), answer)
        }
        #expect(connection.requestCount == 3 && !connection.isOpen)
        let peer = try await server.accept()
        for number in 0..<3 { #expect(await peer.request()?.hasPrefix("GET /\(number) ") == true) }
        // Sized, chunked, and behind an informational one
        let bytes = Array(
            ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none"
                + "HTTP/1.1 404 No\r\ntransfer-encoding: chunked\r\n\r\n2\r\ntw\r\n1\r\no\r\n0\r\n\r\n"
                + "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nthree").utf8)
        for start in stride(from: 0, to: bytes.count, by: 7) {
            await peer.socket.send(Array(bytes[start..<min(start + 7, bytes.count)]))
        }
        await answers[2].over()
        #expect(answers.map(\.text) == ["one", "two", "three"])
        #expect(answers.map { $0.head?.status } == [200, 404, 200])
        #expect(answers.allSatisfy { $0.hasEnded && $0.endCount == 1 })
        #expect(connection.isReusable && connection.hasAnswered && connection.requestCount == 0)
        connection.close()
    }

    @Test(
        "An answer to HEAD has no body whatever its length; one without a length ends with the connection"
    )
    @LoopActor
    func framing() async throws {
        let server = try ScriptedServer()
        let connection = ClientConnection(to: server.origin)
        let (head, whole) = (RecordedAnswer(), RecordedAnswer())
        connection.send(ClientRequest(.head, "/a"), head)
        connection.send(ClientRequest(.get, "/b"), whole)
        let peer = try await server.accept()
        await peer.socket.send(
            "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nHTTP/1.1 200 OK\r\n\r\nall of it")
        await eventually("the body comes") { whole.text == "all of it" }
        #expect(head.hasEnded && head.body.isEmpty && !whole.isOver)
        peer.socket.endSending()
        await whole.over()
        #expect(whole.hasEnded)
        #expect(connection.isClosed && !connection.isReusable)
    }

    @Test("When nobody listens, every request fails as not sent")
    @LoopActor
    func refused() async throws {
        let listener = try Listener(host: "127.0.0.1", port: 0) { $0.close() }
        let origin = Origin(host: "127.0.0.1", port: listener.address.port)
        listener.close()
        let connection = ClientConnection(to: origin)
        var closedCount = 0
        connection.onClosed = { _ in closedCount += 1 }
        let answers = [RecordedAnswer(), RecordedAnswer()]
        for answer in answers { connection.send(ClientRequest(.post, "/"), answer) }
        await answers[1].over()
        #expect(answers.allSatisfy { $0.error?.code == .notSent && $0.endCount == 1 })
        #expect(closedCount == 1 && connection.isClosed)
    }

    @Test(
        "When the connection breaks, each request is told what is known of it",
        arguments: [
            ("", ClientError.Code.unanswered, ClientError.Code.unanswered),
            ("HTTP/1.1 200 OK\r\ncont", .unanswered, .unanswered),
            ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab", .incomplete, .unanswered),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n", .incomplete, .unanswered),
            ("SSH-2.0-OpenSSH\r\n", .malformed, .unanswered),
        ])
    @LoopActor
    func breaks(sent: String, first: ClientError.Code, second: ClientError.Code) async throws {
        let server = try ScriptedServer()
        let connection = ClientConnection(to: server.origin)
        var order = [String]()
        let answers = [RecordedAnswer(), RecordedAnswer()]
        for answer in answers { connection.send(ClientRequest(.get, "/"), answer) }
        connection.onClosed = { _ in order.append(answers.allSatisfy(\.isOver) ? "after" : "before") }
        let peer = try await server.accept()
        for _ in answers { #expect(await peer.request() != nil) }
        await peer.socket.send(sent)
        peer.socket.endSending()
        await answers[1].over()
        #expect(answers.map { $0.error?.code } == [first, second])
        #expect(answers.allSatisfy { $0.endCount == 1 })
        #expect(order == ["after"])
    }

    @Test("A reset is a break, too")
    @LoopActor
    func reset() async throws {
        let server = try ScriptedServer()
        let connection = ClientConnection(to: server.origin)
        let answer = RecordedAnswer()
        connection.send(ClientRequest(.get, "/"), answer)
        let peer = try await server.accept()
        _ = await peer.request()
        peer.socket.reset()
        await answer.over()
        #expect(answer.error?.code == .unanswered)
    }

    @Test("An answer that nobody asked for ends the connection, with or without one that was")
    @LoopActor
    func unasked() async throws {
        let server = try ScriptedServer()
        let connection = ClientConnection(to: server.origin)
        let answer = RecordedAnswer()
        connection.send(ClientRequest(.get, "/"), answer)
        let peer = try await server.accept()
        _ = await peer.request()
        await peer.socket.send(String(repeating: "HTTP/1.1 204 No\r\n\r\n", count: 2))
        await eventually("it is closed") { connection.isClosed }
        #expect(answer.hasEnded && answer.endCount == 1)
        let silent = ClientConnection(to: server.origin)
        var error: ClientError?
        silent.onClosed = { error = $0 }
        let other = try await server.accept()
        await eventually("it is open") { silent.isOpen }
        await other.socket.send("HTTP/1.1 408 Too slow\r\n\r\n")
        await eventually("it is closed") { silent.isClosed }
        #expect(error?.code == .malformed)
    }

    @Test("An answer that says so is the last one: what was sent behind it is unanswered")
    @LoopActor
    func lastAnswer() async throws {
        let server = try ScriptedServer()
        let connection = ClientConnection(to: server.origin)
        let answers = [RecordedAnswer(), RecordedAnswer()]
        for answer in answers { connection.send(ClientRequest(.get, "/"), answer) }
        let peer = try await server.accept()
        for _ in answers { _ = await peer.request() }
        await peer.answer("bye", "connection: close\r\n")
        await answers[0].over()
        #expect(answers[0].text == "bye" && !connection.isReusable)
        peer.socket.endSending()
        await answers[1].over()
        #expect(answers[1].error?.code == .unanswered)
    }

    @Test("Closing fails what is under way and says so once")
    @LoopActor
    func close() async throws {
        let server = try ScriptedServer()
        let connection = ClientConnection(to: server.origin)
        var closedCount = 0
        connection.onClosed = { _ in closedCount += 1 }
        let answer = RecordedAnswer()
        connection.send(ClientRequest(.get, "/"), answer)
        let peer = try await server.accept()
        _ = await peer.request()
        connection.close()
        connection.close()
        #expect(answer.error?.code == .unanswered && answer.endCount == 1 && closedCount == 1)
        #expect(await peer.request() == nil)
    }
}
