import EventLoop
import LogLine
import LoopTestSupport
import Replication
import Testing
import Web

@testable import LogClient

@Suite("Writes on their way to the log", .loop)
struct WriteStreamTests {
    @Test("The writes of one turn become one batch, and each gets its own result, in order")
    @LoopActor
    func batching() async throws {
        let log = try FakeLog()
        let writer = Writer(log.origin, secret: "s3cret")
        await writer.isReachable()
        let ids = (1...300).map { "id-\($0)" }
        for id in ids { try writer.append(id) }
        #expect(log.batches.isEmpty)
        await writer.answered(ids.count)
        #expect(log.batches == [ids])
        #expect(writer.order == ids)
        for (index, id) in ids.enumerated() { #expect(writer.offset(id) == UInt64(index + 1)) }
        #expect(writer.log?.waitingWrites == 0)
        #expect(writer.statuses == ["open"])
        #expect(log.lastHead?.header("authorization") == "Bearer s3cret")
        #expect(log.lastHead?.path.segments == [Array("append".utf8)])
    }

    @Test("A batch is bounded in drafts and in bytes; what is more goes into the next one, in order")
    @LoopActor
    func batchBounds() async throws {
        let log = try FakeLog()
        let writer = Writer(log.origin)
        await writer.isReachable()
        let small = (1...LogClientLimits.batchDraftsMax + 500).map { "s\($0)" }
        for id in small { try writer.append(id) }
        let large = (1...40).map { "l\($0)" }
        let text = String(repeating: "x", count: 60_000)
        for id in large { try writer.append(id, text: text) }
        await writer.answered(small.count + large.count)
        #expect(log.taken == small + large)
        #expect(log.batches.allSatisfy { $0.count <= LogClientLimits.batchDraftsMax })
        #expect(
            log.batches.allSatisfy { batch in
                batch.count { $0.hasPrefix("l") } * text.utf8.count <= LogClientLimits.batchBytesMax
            })
        #expect(log.batches.count >= 4)
    }

    @Test("So many batches are under way at most; what comes meanwhile gathers behind them")
    @LoopActor
    func pipeliningBound() async throws {
        let log = try FakeLog()
        log.behaviours = [.hold]
        let writer = Writer(log.origin)
        await writer.isReachable()
        let ids = (1...20).map { "id-\($0)" }
        for id in ids {
            try writer.append(id)
            await turn()
        }
        await eventually("the first come") { log.batches.count == LogClientLimits.pipelinedBatchesMax }
        for _ in 0..<5 { await turn() }
        #expect(log.batches.count == LogClientLimits.pipelinedBatchesMax)
        #expect(writer.log?.waitingWrites == ids.count)
        log.release()
        await writer.answered(ids.count)
        #expect(log.taken == ids && writer.order == ids)
        #expect(log.batches.count == LogClientLimits.pipelinedBatchesMax + 1)
    }

    @Test("Results may be cut anywhere", arguments: [1, 7, 100])
    @LoopActor
    func splitResults(bytes: Int) async throws {
        let log = try FakeLog()
        log.behaviours = [.pieces(bytes)]
        let writer = Writer(log.origin)
        await writer.isReachable()
        let ids = (1...4).map { "id-\($0)" }
        for id in ids { try writer.append(id) }
        await writer.answered(ids.count)
        #expect(ids.map { writer.offset($0) } == [1, 2, 3, 4])
    }

    @Test("After a break what is unanswered is sent again, in order and under its ids, once each")
    @LoopActor
    func resends() async throws {
        // Given three batches under way
        let log = try FakeLog()
        log.behaviours = [.hold]
        let writer = Writer(log.origin)
        await writer.isReachable()
        let ids = (1...10).map { "id-\($0)" }
        for id in ids.prefix(6) { try writer.append(id) }
        await turn()
        for id in ids[6..<8] { try writer.append(id) }
        await turn()
        for id in ids[8...] { try writer.append(id) }
        await eventually("three batches come") { log.batches.count == 3 }
        // When the log takes the first one, of which two results arrive, and breaks
        log.breakFirst(after: 2)
        await writer.answered(ids.count)
        // Then the log has each once, in order, and so have the clients
        #expect(log.taken == ids)
        #expect(writer.order == ids)
        for (index, id) in ids.enumerated() { #expect(writer.offset(id) == UInt64(index + 1)) }
        #expect(log.batches.dropFirst(3).flatMap { $0 } == Array(ids[2...]))
        #expect(writer.statuses == ["open", "lost", "open"])
    }

    @Test(
        "An answer that is no list of results counts as a break: the writes are sent again",
        arguments: ["{\"offset\":1}\n", "nonsense\n", "", String(repeating: "x", count: 70_000)])
    @LoopActor
    func malformedResults(text: String) async throws {
        let log = try FakeLog()
        log.behaviours = [.say(text), .answer]
        let writer = Writer(log.origin)
        await writer.isReachable()
        try writer.append("a")
        try writer.append("b")
        await writer.answered(2)
        #expect(log.batches == [["a", "b"], ["a", "b"]])
        #expect(writer.offset("a") == 1 && writer.offset("b") == 2)
    }

    @Test("A refusal of one draft is that draft's result alone")
    @LoopActor
    func singleRefusal() async throws {
        let log = try FakeLog()
        let problem = ByteBuffer()
        AppendResult.refused(Problem(.idConflict, "used at 7", firstOffset: Offset(7))).encode(into: problem)
        log.behaviours = [.say(problem.text), .answer]
        let writer = Writer(log.origin)
        await writer.isReachable()
        try writer.append("a")
        await writer.answered(1)
        try writer.append("b")
        await writer.answered(2)
        #expect(writer.problem("a")?.type == .idConflict && writer.problem("a")?.firstOffset == Offset(7))
        #expect(writer.offset("b") == 1)
        #expect(writer.statuses == ["open"])
    }

    @Test("A batch that the log refuses as a whole was not taken: its writes get 503, the next ones go on")
    @LoopActor
    func batchRefusal() async throws {
        let log = try FakeLog()
        log.behaviours = [
            .refuse(Response(Problem(.unauthorized, "no"))),
            .refuse(Response(Problem(.overloaded, "too much"))),
            .answer,
        ]
        let writer = Writer(log.origin)
        await writer.isReachable()
        for (number, id) in ["a", "b", "c"].enumerated() {
            try writer.append(id)
            await writer.answered(number + 1)
        }
        #expect(writer.problem("a")?.type == .unavailable)
        #expect(writer.problem("a")?.detail.contains("CLUSTER_SECRET") == true)
        #expect(writer.problem("b")?.type == .unavailable)
        #expect(writer.problem("b")?.detail.contains("too much") == true)
        #expect(writer.offset("c") == 1)
    }

    @Test("A log that failed in the middle of a batch is asked again", arguments: [500, 404])
    @LoopActor
    func failure(status: Int) async throws {
        let log = try FakeLog()
        log.behaviours = [.refuse(Response(status)), .answer]
        let writer = Writer(log.origin)
        await writer.isReachable()
        try writer.append("a")
        await writer.answered(1)
        #expect(log.batches == [["a"], ["a"]])
        #expect(writer.offset("a") == 1)
    }
}
