import Glibc
import LogLine
import LoopTestSupport
import Testing

@testable import EventLoop

@Suite("How connections receive and end", .loop)
struct ConnectionCloseTests {
    @Test("What arrives is given to the handler in order, and the end after it")
    @LoopActor
    func receives() async throws {
        let pair = try ConnectionPair()
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        #expect(await pair.peer.send(bytes))
        pair.peer.endSending()
        await eventually("the end arrives") { pair.recorder.hasEnded }
        #expect(pair.recorder.bytes == bytes)
        // Half closed: our direction stays open
        pair.connection.send { $0.append("answer") }
        #expect(await pair.peer.receive(count: 6) == Array("answer".utf8))
        #expect(pair.recorder.closings.isEmpty)
        pair.connection.close()
    }

    @Test("A paused connection takes nothing until it is resumed")
    @LoopActor
    func pauses() async throws {
        let pair = try ConnectionPair()
        pair.connection.pauseReading()
        #expect(await pair.peer.send("later"))
        for _ in 0..<5 { await turn() }
        #expect(pair.recorder.bytes.isEmpty)
        pair.connection.resumeReading()
        await eventually("the bytes arrive") { pair.recorder.bytes == Array("later".utf8) }
        pair.connection.close()
    }

    @Test("A graceful close sends what is queued first, also to a slow reader")
    @LoopActor
    func flushesBeforeClosing() async throws {
        let pair = try await ConnectionPair(receiveBytes: 4_096)
        pair.connection.send(ByteSlice([UInt8](repeating: 5, count: 4 << 20)))
        pair.connection.closeGracefully()
        #expect(pair.connection.isClosed)
        pair.connection.send { $0.append("too late") }
        let (bytes, end) = await pair.peer.receiveToEnd()
        #expect(bytes.count == 4 << 20)
        #expect(end == .end)
        pair.peer.endSending()
        await eventually("the connection is closed") { pair.recorder.closings.count == 1 }
    }

    @Test("A graceful close delivers the last bytes although the peer goes on sending")
    @LoopActor
    func lingers() async throws {
        // Given a peer that sends much and reads late
        let pair = try await ConnectionPair(receiveBytes: 65_536)
        #expect(await pair.peer.send([UInt8](repeating: 1, count: 100_000)))
        pair.connection.send { $0.append("the last answer") }
        pair.connection.closeGracefully()
        #expect(await pair.peer.send([UInt8](repeating: 2, count: 4 << 20)))
        // Then it gets the answer and an end instead of a reset
        let (bytes, end) = await pair.peer.receiveToEnd()
        #expect(bytes == Array("the last answer".utf8))
        #expect(end == .end)
        // And what it sent meanwhile is of no interest to the handler
        #expect(pair.recorder.bytes.count <= 100_000)
        pair.peer.endSending()
        await eventually("the connection is closed") { pair.recorder.closings.count == 1 }
    }

    @Test("A peer that never stops sending is cut off after a bounded number of bytes")
    @LoopActor
    func lingerLimit() async throws {
        let pair = try await ConnectionPair(receiveBytes: 65_536)
        pair.connection.closeGracefully()
        let endless = [UInt8](repeating: 3, count: ConnectionLimits.lingerBytesMax * 2)
        #expect(await !pair.peer.send(endless))
        #expect(pair.recorder.closings.count == 1)
    }

    @Test("A peer that stays silent after a graceful close is waited for a bounded time")
    @LoopActor
    func lingerTime() async throws {
        let pair = try await ConnectionPair(receiveBytes: 65_536)
        let start = LoopClock.monotonic
        pair.connection.closeGracefully()
        await eventually("the connection is closed") { pair.recorder.closings.count == 1 }
        #expect(LoopClock.monotonic - start >= ConnectionLimits.lingerTime - .milliseconds(50))
    }

    @Test("A connection that its handler closes when it is drained leaves the descriptor alone afterwards")
    @LoopActor
    func closedWhileDrained() async throws {
        // Given a connection that is to be closed gracefully, on a number that nobody else will take
        let (peer, other) = RawSocket.pair()
        let number = fcntl(other, F_DUPFD, 900)
        close(other)
        let connection = Connection(number, peer: try SocketAddress.resolve(host: "127.0.0.1", port: 1))
        let recorder = Recorder()
        connection.handler = recorder
        let (nextPeer, next) = RawSocket.pair()
        // When its handler closes it and another socket gets the number
        recorder.onDrained = {
            connection.close()
            #expect(fcntl(next, F_DUPFD, 900) == number)
        }
        connection.send { $0.append("bye") }
        connection.notifyWhenDrained()
        connection.closeGracefully()
        await eventually("the connection is closed") { recorder.closings.count == 1 }
        for _ in 0..<3 { await turn() }
        // Then that one is not shut down
        #expect(await peer.receiveToEnd().bytes == Array("bye".utf8))
        #expect(write(number, "x", 1) == 1)
        #expect(await nextPeer.receive(count: 1) == [0x78])
        close(next)
        close(number)
    }
}
