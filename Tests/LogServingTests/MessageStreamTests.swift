import EventLoop
import LogLine
import LogServing
import LoopTestSupport
import Replication
import Testing

@Suite("Serving messages", .loop)
struct MessageStreamTests {
    @Test("Few messages are one answer, many are streamed; both are the same JSON", arguments: [false, true])
    @LoopActor
    func arrays(isSlow: Bool) async throws {
        let served = try ServedLines()
        served.source.isSlow = isSlow
        try served.source.add(3)
        let few = try await served.answer("/messages")
        #expect(few.field("content-length") != nil && few.field("content-type") == "application/json")
        #expect(few.text == array(served.source.bytes))
        try served.source.add(ServingLimits.pieceLines * 2)
        let many = try await served.answer("/messages")
        #expect(many.isChunked)
        #expect(many.text == array(served.source.bytes))
        #expect(served.source.readCount >= 4)
    }

    @Test("With its Accept a reader gets the lines as they are")
    @LoopActor
    func ndjson() async throws {
        let served = try ServedLines()
        try served.source.add(ServingLimits.pieceLines + 10)
        let answer = try await served.answer("/messages", "accept: application/x-ndjson\r\n")
        #expect(answer.body == served.source.bytes)
        #expect(answer.field("content-type") == "application/x-ndjson")
    }

    @Test("A channel has its own messages, an unknown one none, a private one is not there")
    @LoopActor
    func channels() async throws {
        let served = try ServedLines()
        let general = try served.source.add(2).text
        try served.source.add(2, channel: "random")
        try served.source.add(1, channel: "@private")
        #expect(try await served.answer("/messages/general").text == array(Array(general.utf8)))
        #expect(try await served.answer("/messages/nowhere").text == "[]")
        for name in ["@private", "$reserved"] {
            let problem = try await served.answer("/messages/\(name)").problem()
            #expect(problem.type == .notFound && problem.field == "channel")
        }
        #expect(try await !served.answer("/messages").text.contains("@private"))
        let malformed = try await served.answer("/messages/general?limit=0").problem()
        #expect(malformed.type == .malformed && malformed.field == "limit")
    }

    @Test("A slow reader holds the reading back")
    @LoopActor
    func backpressure() async throws {
        let served = try ServedLines()
        try served.source.add(1_500, String(repeating: "x", count: 10_000))
        let peer = try served.connect(receiveBytes: 65_536)
        await peer.get("/messages")
        await eventually("it has begun") { served.source.readCount > 1 }
        for _ in 0..<10 { await turn() }
        let early = served.source.readCount
        let answer = try await peer.answer()
        #expect(answer.body.count == served.source.bytes.count + 1_500)
        #expect(early < served.source.readCount)
    }

    @Test("Messages that cannot be read are a problem before the answer begins, and end it afterwards")
    @LoopActor
    func failure() async throws {
        let served = try ServedLines()
        try served.source.add(1_500, String(repeating: "x", count: 10_000))
        served.source.readsBeforeFailure = 0
        #expect(try await served.answer("/messages").problem().type == .ioError)
        served.source.isSlow = true
        served.source.readsBeforeFailure = 2
        let peer = try served.connect()
        await peer.get("/messages")
        await #expect(throws: HTTPPeer.Failure.self) { _ = try await peer.answer() }
    }

    private func array(_ lines: [UInt8]) -> String {
        "[" + String(decoding: lines, as: UTF8.self).split(separator: "\n").joined(separator: ",\n") + "]"
    }
}
