import EventLoop
import LogLine
import LoopTestSupport
import Testing

@testable import Web

@Suite("HTTP client: a pool of connections", .loop)
struct ClientPoolTests {
    @Test("Requests one after another share a connection, and answers are collected whole")
    @LoopActor
    func reuse() async throws {
        let fixture = try ServerFixture()
        let client = try client(of: fixture)
        for text in ["one", "two"] {
            let request = ClientRequest(.post, "/echo", body: ByteSlice(Array(text.utf8)))
            let answer = try await client.response(to: request)
            #expect(answer.head.status == 200 && answer.body.text == text)
        }
        #expect(fixture.server.connectionCount == 1)
    }

    @Test("A connection that the server closed after an answer is not used again")
    @LoopActor
    func notReused() async throws {
        let server = try ScriptedServer()
        let client = HTTPClient(server.origin)
        for _ in 0..<2 {
            let answer = RecordedAnswer()
            client.send(ClientRequest(.post, "/"), answer)
            let peer = try await server.accept()
            _ = await peer.request()
            await peer.answer("bye", "connection: close\r\n")
            await answer.over()
            #expect(answer.text == "bye")
        }
    }

    @Test("A GET over a connection that the server gave up at that moment is sent once more")
    @LoopActor
    func retries() async throws {
        let server = try ScriptedServer()
        let client = HTTPClient(server.origin)
        let stale = try await used(client, server)
        let answer = RecordedAnswer()
        client.send(ClientRequest(.get, "/again"), answer)
        _ = await stale.request()
        stale.socket.endSending()
        let fresh = try await server.accept()
        #expect(await fresh.request()?.hasPrefix("GET /again ") == true)
        await fresh.answer("here")
        await answer.over()
        #expect(answer.text == "here" && answer.endCount == 1)
        #expect(client.busyCount == 0)
    }

    @Test("But not a third time, and a POST not at all")
    @LoopActor
    func retriesOnce() async throws {
        let server = try ScriptedServer()
        let client = HTTPClient(server.origin)
        let stale = try await used(client, server)
        let get = RecordedAnswer()
        client.send(ClientRequest(.get, "/"), get)
        _ = await stale.request()
        stale.socket.endSending()
        let fresh = try await server.accept()
        _ = await fresh.request()
        fresh.socket.endSending()
        await get.over()
        #expect(get.error?.code == .unanswered)
        let other = try await used(client, server)
        let post = RecordedAnswer()
        client.send(ClientRequest(.post, "/"), post)
        _ = await other.request()
        other.socket.endSending()
        await post.over()
        #expect(post.error?.code == .unanswered)
        #expect(client.busyCount == 0)
    }

    @Test("So many connections are open at most; further requests wait for one, beyond a bound they fail")
    @LoopActor
    func bounds() async throws {
        let fixture = try ServerFixture()
        let client = try client(of: fixture)
        let running = (0..<ClientLimits.connectionsMax).map { number in
            let answer = RecordedAnswer()
            client.send(ClientRequest(.get, "/later/\(number)"), answer)
            return answer
        }
        let waiting = (0..<ClientLimits.waitingRequestsMax).map { _ in
            let answer = RecordedAnswer()
            client.send(ClientRequest(.get, "/hello"), answer)
            return answer
        }
        let refused = RecordedAnswer()
        client.send(ClientRequest(.get, "/hello"), refused)
        #expect(refused.error?.code == .notSent)
        await eventually("all that run have come") { fixture.later.count == running.count }
        #expect(fixture.server.connectionCount == ClientLimits.connectionsMax)
        #expect(waiting.allSatisfy { !$0.isOver })
        for number in running.indices { await fixture.answer("\(number)") }
        await eventually("all are answered") { (running + waiting).allSatisfy(\.hasEnded) }
        #expect(fixture.server.connectionCount <= ClientLimits.connectionsMax)
        #expect(client.busyCount == 0)
    }

    @Test("Requests that are sent again do not go beyond the bound of connections")
    @LoopActor
    func boundWithRetries() async throws {
        // Given a full pool of connections that are idle
        let server = try ScriptedServer()
        let client = HTTPClient(server.origin)
        let first = (0..<ClientLimits.connectionsMax).map { _ in get("/first", client) }
        var stale = [ScriptedPeer]()
        for _ in first { stale.append(try await server.accept()) }
        for peer in stale {
            _ = await peer.request()
            await peer.answer("first")
        }
        await eventually("all are idle") { client.busyCount == 0 }
        // When all of them break under the next requests, while others wait
        let again = (0..<ClientLimits.connectionsMax).map { _ in get("/again", client) }
        let waiting = (0..<4).map { _ in get("/waiting", client) }
        for peer in stale {
            _ = await peer.request()
            peer.socket.endSending()
        }
        // Then as many are made anew
        var fresh = [ScriptedPeer]()
        for _ in again { fresh.append(try await server.accept()) }
        #expect(client.busyCount == ClientLimits.connectionsMax)
        for peer in fresh {
            let serving = Task { @LoopActor in while await peer.request() != nil { await peer.answer("ok") } }
            _ = serving
        }
        await eventually("all are answered") { (again + waiting).allSatisfy { $0.text == "ok" } }
        #expect(client.busyCount == 0)
    }

    @Test("A cancelled request is not heard of, and its connection is given up")
    @LoopActor
    func cancelRunning() async throws {
        let server = try ScriptedServer()
        let client = HTTPClient(server.origin)
        let answer = RecordedAnswer()
        let exchange = client.send(ClientRequest(.get, "/"), answer)
        let peer = try await server.accept()
        _ = await peer.request()
        exchange.cancel()
        exchange.cancel()
        #expect(await peer.request() == nil)
        #expect(!answer.isOver && client.busyCount == 0)
    }

    @Test("A request that is cancelled while it waits is never sent, and makes room for others")
    @LoopActor
    func cancelWaiting() async throws {
        let fixture = try ServerFixture()
        let client = try client(of: fixture)
        for number in 0..<ClientLimits.connectionsMax {
            client.send(ClientRequest(.get, "/later/\(number)"), RecordedAnswer())
        }
        let cancelled = RecordedAnswer()
        let exchanges = (0..<ClientLimits.waitingRequestsMax).map { _ in
            client.send(ClientRequest(.post, "/echo"), cancelled)
        }
        for exchange in exchanges { exchange.cancel() }
        let other = RecordedAnswer()
        client.send(ClientRequest(.get, "/hello"), other)
        for number in 0..<ClientLimits.connectionsMax { await fixture.answer("\(number)") }
        await other.over()
        #expect(other.text == "hello" && !cancelled.isOver)
        #expect(fixture.handledCount == ClientLimits.connectionsMax)
    }

    @Test("An answer nobody asked for is not taken for one to a request that waited")
    @LoopActor
    func unaskedAnswer() async throws {
        let server = try ScriptedServer()
        let client = HTTPClient(server.origin)
        let running = (0..<ClientLimits.connectionsMax).map { _ in get("/running", client) }
        let waiting = get("/waiting", client)
        var peers = [ScriptedPeer]()
        for _ in running { peers.append(try await server.accept()) }
        _ = await peers[0].request()
        await peers[0].socket.send(
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none"
                + "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"
        )
        let fresh = try await server.accept()
        #expect(await fresh.request()?.hasPrefix("GET /waiting ") == true)
        await fresh.answer("honest")
        await waiting.over()
        #expect(waiting.text == "honest")
        for peer in peers { peer.socket.endSending() }
        await eventually("all are over") { running.allSatisfy(\.isOver) }
    }

    @Test("A consumer that pauses at its answer's last piece does not hold up the next request")
    @LoopActor
    func pausedAtEnd() async throws {
        let fixture = try ServerFixture()
        let client = try client(of: fixture)
        let first = RecordedAnswer()
        let exchange = client.send(ClientRequest(.get, "/hello"), first)
        first.onBody = { exchange.pause() }
        await first.over()
        let second = get("/hello", client)
        await second.over()
        #expect(second.text == "hello")
        #expect(fixture.server.connectionCount == 1)
    }

    @Test("Pausing an exchange holds the server back until it is resumed")
    @LoopActor
    func backpressure() async throws {
        let page = ByteSlice([UInt8](repeating: 0x70, count: 16 << 20))
        let fixture = try ServerFixture([
            Route(.get, "/page") { $0.respond(Response(200, body: .bytes(page))) }
        ])
        let client = try client(of: fixture)
        let answer = RecordedAnswer()
        let exchange = client.send(ClientRequest(.get, "/page"), answer)
        answer.onBody = { exchange.pause() }
        await eventually("some of it comes") { !answer.body.isEmpty }
        let taken = answer.body.count
        for _ in 0..<10 { await turn() }
        #expect(answer.body.count == taken && taken < page.count)
        answer.onBody = nil
        exchange.resume()
        await answer.over()
        #expect(answer.body.count == page.count)
    }

    @Test("An answer that is too long to be collected is refused, and not read any further")
    @LoopActor
    func tooLong() async throws {
        let server = try ScriptedServer()
        let client = HTTPClient(server.origin)
        let outcome = Task { @LoopActor in
            do throws(ClientError) {
                _ = try await client.response(to: ClientRequest(.get, "/"))
                return nil as ClientError?
            } catch { return error }
        }
        let peer = try await server.accept()
        _ = await peer.request()
        await peer.socket.send("HTTP/1.1 200 OK\r\n\r\n")
        let sent = await peer.socket.send(
            [UInt8](repeating: 1, count: 4 * ClientLimits.collectedBodyBytesMax))
        #expect(!sent)
        let error = await outcome.value
        #expect(error?.code == .incomplete)
        #expect(error?.message.contains("\(ClientLimits.collectedBodyBytesMax)") == true)
        #expect(client.busyCount == 0)
    }

    @LoopActor
    private func client(of fixture: ServerFixture) throws -> HTTPClient {
        HTTPClient(Origin(host: "127.0.0.1", port: try #require(fixture.server.address?.port)))
    }

    @LoopActor
    private func get(_ target: String, _ client: HTTPClient) -> RecordedAnswer {
        let answer = RecordedAnswer()
        client.send(ClientRequest(.get, target), answer)
        return answer
    }

    /// The server's end of a connection that has answered once and is idle.
    @LoopActor
    private func used(_ client: HTTPClient, _ server: ScriptedServer) async throws -> ScriptedPeer {
        let answer = get("/first", client)
        let peer = try await server.accept()
        _ = await peer.request()
        await peer.answer("first")
        await answer.over()
        return peer
    }
}
