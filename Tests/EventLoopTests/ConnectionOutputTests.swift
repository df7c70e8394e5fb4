import Glibc
import LogLine
import LoopTestSupport
import TestSupport
import Testing

@testable import EventLoop

@Suite("What a connection sends", .loop)
struct ConnectionOutputTests {
    @Test("What is sent in one turn leaves in one system call, in order")
    @LoopActor
    func oneCallPerTurn() async throws {
        // Given a socket that keeps apart what was sent by separate calls
        let pair = try ConnectionPair(.packets)
        // When bytes and a shared slice are sent in one turn, then more in the next
        let slice = ByteSlice([UInt8](repeating: 0x62, count: 3_000))
        for _ in 0..<100 { pair.connection.send { $0.append("a") } }
        pair.connection.send(slice)
        pair.connection.send { $0.append("c") }
        let first = await pair.peer.receive().bytes
        pair.connection.send { $0.append("d") }
        let second = await pair.peer.receive().bytes
        // Then each turn's bytes arrive together
        #expect(first == [UInt8](repeating: 0x61, count: 100) + slice.array + [0x63])
        #expect(second == [0x64])
        pair.connection.close()
    }

    @Test("A slow reader gets small writes, slices and file regions whole and in order", arguments: 1...4)
    @LoopActor
    func slowReader(seed: UInt64) async throws {
        // Given a reader whose buffers are small
        var random = SplitMix64(seed: seed)
        let pair = try await ConnectionPair(receiveBytes: 4_096)
        let file = try RandomFile(bytes: 200_000, &random)
        // When much more than the buffers hold is sent over several turns
        var expected = [UInt8]()
        for _ in 0..<120 {
            expected += send(to: pair.connection, file, &random)
            if random.oneIn(10) { await turn() }
        }
        #expect(pair.connection.queuedBytes > 0)
        // Then the reader gets all of it
        let arrived = await pair.peer.receive(count: expected.count)
        #expect(arrived == expected, "seed \(seed)")
        await eventually("the queue is empty") { pair.connection.queuedBytes == 0 }
        pair.connection.close()
    }

    @Test("A sender that asks is told once when there is room again")
    @LoopActor
    func backpressure() async throws {
        let pair = try await ConnectionPair(receiveBytes: 4_096)
        let bytes = 8 << 20
        pair.connection.send(ByteSlice([UInt8](repeating: 7, count: bytes)))
        pair.connection.notifyWhenDrained()
        await eventually("the socket is full") { pair.connection.queuedBytes < bytes }
        // Not while the reader takes nothing
        for _ in 0..<5 { await turn() }
        #expect(pair.recorder.drainedCount == 0)
        #expect(pair.connection.queuedBytes > ConnectionLimits.lowWaterBytes)
        // But when it has taken most
        #expect(await pair.peer.receive(count: bytes).count == bytes)
        await eventually("the sender is told") { pair.recorder.drainedCount == 1 }
        #expect(pair.connection.queuedBytes < ConnectionLimits.lowWaterBytes)
        for _ in 0..<5 { await turn() }
        #expect(pair.recorder.drainedCount == 1)
        pair.connection.close()
    }

    @Test("With nothing queued the sender is told in a coming turn, not from within its call")
    @LoopActor
    func drainedAtOnce() async throws {
        let pair = try ConnectionPair()
        pair.connection.notifyWhenDrained()
        #expect(pair.recorder.drainedCount == 0)
        await eventually("the sender is told") { pair.recorder.drainedCount == 1 }
        pair.connection.close()
    }

    @Test("A connection whose queue is sent holds none of the memory")
    @LoopActor
    func idleMemory() async throws {
        let pair = try ConnectionPair()
        weak var block: ByteBlock?
        do {
            let slice = ByteSlice([UInt8](repeating: 9, count: 100_000))
            block = slice.block
            pair.connection.send(slice)
        }
        #expect(await pair.peer.receive(count: 100_000).count == 100_000)
        await eventually("the slice is freed") { block == nil }
        pair.connection.close()
    }

    @Test("Nothing is sent on a closed connection, and its queue is freed")
    @LoopActor
    func sendAfterClose() async throws {
        let pair = try ConnectionPair()
        weak var block: ByteBlock?
        do {
            let slice = ByteSlice([UInt8](repeating: 9, count: 100_000))
            block = slice.block
            pair.connection.send(slice)
        }
        pair.connection.close()
        pair.connection.send { $0.append("late") }
        #expect(block == nil)
        #expect(pair.connection.queuedBytes == 0)
        let (bytes, end) = await pair.peer.receiveToEnd()
        #expect(bytes.isEmpty && end == .end)
        #expect(pair.recorder.closings.count == 1)
    }

    @Test("A peer that is gone ends the connection with an error, once")
    @LoopActor
    func brokenPipe() async throws {
        let pair = try await ConnectionPair(receiveBytes: 4_096)
        pair.connection.send(ByteSlice([UInt8](repeating: 7, count: 8 << 20)))
        await eventually("the socket is full") { pair.connection.queuedBytes < 8 << 20 }
        pair.peer.reset()
        await eventually("the connection is closed") { !pair.recorder.closings.isEmpty }
        #expect(pair.recorder.closings.first.map { $0 != nil } == true)
        for _ in 0..<3 { await turn() }
        #expect(pair.recorder.closings.count == 1)
        #expect(pair.connection.isClosed)
    }

    @LoopActor
    private func send(
        to connection: Connection, _ file: RandomFile, _ random: inout SplitMix64
    ) -> [UInt8] {
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            let bytes = RandomFile.bytes(Int.random(in: 1...300, using: &random), &random)
            connection.send { $0.append(bytes) }
            return bytes
        case 1:
            let bytes = [UInt8](
                repeating: UInt8.random(in: 0...255, using: &random),
                count: Int.random(in: 1...100_000, using: &random))
            connection.send(ByteSlice(bytes))
            return bytes
        default:
            let start = Int.random(in: 0..<file.content.count, using: &random)
            let count = Int.random(in: 1...file.content.count - start, using: &random)
            connection.send(file: file.descriptor, owner: file, offset: start, count: count)
            return Array(file.content[start..<start + count])
        }
    }
}
