import EventLoop
import LoopTestSupport
import Testing

@testable import Web

@Suite("HTTP client: silent servers", .loopAlone)
struct ClientSilenceTests {
    @Test("A server that goes silent is given up; one that sends a little now and then is not")
    @LoopActor
    func silence() async throws {
        let server = try ScriptedServer()
        let connection = ClientConnection(to: server.origin, silenceTime: .seconds(1))
        let answer = RecordedAnswer()
        connection.send(ClientRequest(.get, "/"), answer)
        let peer = try await server.accept()
        _ = await peer.request()
        await peer.socket.send("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        let start = LoopClock.monotonic
        while LoopClock.monotonic - start < .milliseconds(1_300) {
            await peer.socket.send("x")
            await turn()
        }
        #expect(!answer.isOver && !answer.body.isEmpty)
        await answer.over()
        #expect(answer.error?.code == .timedOut)
        // An open connection without requests may be silent
        let idle = ClientConnection(to: server.origin, silenceTime: .milliseconds(20))
        await eventually("it is open") { idle.isOpen }
        let opened = LoopClock.monotonic
        await eventually("time goes by") { LoopClock.monotonic - opened > .milliseconds(60) }
        #expect(!idle.isClosed)
        idle.close()
    }

    @Test("A paused connection takes nothing, holds the server back, and is not given up for silence")
    @LoopActor
    func pauses() async throws {
        let server = try ScriptedServer()
        let connection = ClientConnection(to: server.origin, silenceTime: .seconds(1))
        let answer = RecordedAnswer()
        answer.onBody = { connection.pause() }
        connection.send(ClientRequest(.get, "/"), answer)
        let peer = try await server.accept()
        _ = await peer.request()
        let length = 16 << 20
        await peer.socket.send("HTTP/1.1 200 OK\r\ncontent-length: \(length)\r\n\r\n")
        let sending = Task { await peer.socket.send([UInt8](repeating: 1, count: length)) }
        await eventually("some of it comes") { !answer.body.isEmpty }
        let taken = answer.body.count
        let start = LoopClock.monotonic
        await eventually("time goes by") { LoopClock.monotonic - start > .milliseconds(1_300) }
        #expect(answer.body.count == taken && taken < length && !answer.isOver)
        answer.onBody = nil
        connection.resume()
        await answer.over()
        #expect(answer.hasEnded && answer.body.count == length)
        #expect(await sending.value)
        connection.close()
    }
}
