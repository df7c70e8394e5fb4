import LogLine
import LoopTestSupport
import Replication
import Testing

@testable import EventLoop

@Suite("Serving lines from a position on", .loop)
struct LineRangeTests {
    @Test("A range is every line behind its position, byte for byte", arguments: [false, true])
    @LoopActor
    func range(isSlow: Bool) async throws {
        let served = try ServedLines()
        try served.source.add(2_000)
        served.source.isSlow = isSlow
        for after in [0, 1, 1_999, 2_000] {
            let answer = try await served.answer("/log?after=\(after)")
            let start = after == 0 ? 0 : Int(served.source.index.position(after: Offset(UInt64(after))))
            #expect(answer.status == 200)
            #expect(answer.body == Array(served.source.bytes[start...]))
            #expect(answer.field("content-length") == "\(served.source.bytes.count - start)")
            #expect(answer.field("content-type") == "application/x-ndjson")
            #expect(answer.field("log-epoch") == LinesInMemory.epoch.description)
            #expect(answer.field("log-head") == "2000")
        }
    }

    @Test("A range ends at what was there when it was asked for")
    @LoopActor
    func endsAtHead() async throws {
        let served = try ServedLines()
        try served.source.add(5_000)
        let expected = served.source.bytes
        served.source.isSlow = true
        let peer = try served.connect(receiveBytes: 32_768)
        await peer.get("/log")
        await eventually("it has begun") { served.source.readCount > 0 }
        try served.source.add(10)
        #expect(try await peer.answer().body == expected)
    }

    @Test("An empty log is an empty answer")
    @LoopActor
    func empty() async throws {
        let served = try ServedLines()
        let answer = try await served.answer("/log")
        #expect(answer.body.isEmpty && answer.field("log-head") == "0")
    }

    @Test("A position is proved by epoch and digest; another log's is refused with this log's own word")
    @LoopActor
    func proof() async throws {
        let served = try ServedLines()
        try served.source.add(10)
        served.source.isSlow = true
        let (epoch, digest) = (LinesInMemory.epoch, served.source.digests[4])
        #expect(try await served.answer("/log?after=4&epoch=\(epoch)&digest=\(digest)").status == 200)
        let refused: [(String, ProblemType)] = [
            ("after=4&epoch=\(Epoch(0xF))", .epochConflict), ("after=11&epoch=\(epoch)", .beyondHead),
            ("after=5&epoch=\(epoch)&digest=\(digest)", .digestConflict),
        ]
        for (query, type) in refused {
            let answer = try await served.answer("/log?\(query)")
            let problem = try answer.problem()
            #expect(answer.status == 409 && problem.type == type)
            #expect(problem.log == served.source.identity)
        }
    }

    @Test(
        "A query that is none names the parameter",
        arguments: [
            ("after=-1", "after"), ("epoch=xyz", "epoch"), ("digest=1", "digest"),
            ("heartbeat=2", "heartbeat"),
        ])
    @LoopActor
    func malformed(query: String, field: String) async throws {
        let served = try ServedLines()
        let problem = try await served.answer("/log?\(query)").problem()
        #expect(problem.type == .malformed && problem.field == field)
    }

    @Test("Lines that cannot be read end the answer early, so that the part is not taken for the whole")
    @LoopActor
    func failure() async throws {
        let served = try ServedLines()
        try served.source.add(5_000)
        served.source.isSlow = true
        served.source.readsBeforeFailure = 2
        let peer = try served.connect()
        await peer.get("/log")
        await #expect(throws: HTTPPeer.Failure.self) { _ = try await peer.answer() }
        // A digest that cannot be read is told before the answer begins
        served.source.readsBeforeFailure = 0
        let answer = try await served.answer("/log?after=1&digest=\(served.source.digests[1])")
        #expect(answer.status == 500)
    }
}
