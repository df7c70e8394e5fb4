import EventLoop
import LogLine
import LoopTestSupport
import Testing
import Web

@testable import LogClient
@testable import Replication

@Suite("Streams of lines and passed reads", .loop)
struct LineStreamTests {
    private static let identity = LogIdentity(epoch: Epoch(0xAB), offset: Offset(7), digest: Digest(0xCD))

    @Test("A range asks for what is behind a position with its proof, and ends complete")
    @LoopActor
    func range() async throws {
        let log = try FakeLog()
        log.onRead = { $0.respond(Self.lines("one\ntwo\n")) }
        let proof = LogRequest.Proof(epoch: Epoch(0xAB), digest: Digest(0xCD))
        let reader = Reader(log, .range, after: 3, proof: proof)
        await reader.over()
        #expect(
            log.lastHead?.rawTarget.text
                == "/log?after=3&epoch=00000000000000ab&digest=00000000000000cd")
        #expect(reader.events == ["started 00000000000000ab 7", "complete"])
        #expect(reader.text == "one\ntwo\n")
    }

    @Test("A tail asks for heartbeats and stays open until it is closed, silently")
    @LoopActor
    func tail() async throws {
        let log = try FakeLog()
        var writers = [BodyWriter]()
        var abandonedCount = 0
        log.onRead = { exchange in
            exchange.respond(
                Self.response(
                    .stream(length: nil) { writer in
                        writers.append(writer)
                        writer.onAbandoned = { abandonedCount += 1 }
                        writer.write(ByteSlice(Array("one\n".utf8)))
                    }))
        }
        let reader = Reader(log, .live, after: 0)
        await eventually("a line comes") { reader.text == "one\n" }
        #expect(log.lastHead?.rawTarget.text == "/log/tail?after=0&heartbeat=1&beat=1")
        writers.first?.write(ByteSlice(Array("two\n".utf8)))
        await eventually("another one comes") { reader.text == "one\ntwo\n" }
        reader.close()
        // What still comes is not heard of; the log notices at a later write
        await eventually("the log notices") {
            writers.first?.write(ByteSlice(Array("three\n".utf8)))
            return abandonedCount == 1
        }
        #expect(reader.text == "one\ntwo\n" && reader.events.count == 1)
    }

    @Test("A stream that breaks off is broken, not complete", arguments: [nil, 100])
    @LoopActor
    func truncated(length: Int?) async throws {
        let log = try FakeLog()
        log.onRead = { exchange in
            exchange.respond(
                Self.response(
                    .stream(length: length) { writer in
                        writer.write(ByteSlice(Array("one\n".utf8)))
                        writer.onRoom = { writer.fail("the test wants it") }
                    }))
        }
        let reader = Reader(log, .range, after: 0)
        await reader.over()
        #expect(reader.events == ["started 00000000000000ab 7", "broken"])
        #expect(reader.reason != nil)
    }

    @Test("A 409 says which of our claims the log refuses")
    @LoopActor
    func conflicts() async throws {
        let cases: [(ProblemType, LogConflict)] = [
            (.epochConflict, .epoch(now: Self.identity.epoch)), (.beyondHead, .beyondHead(Offset(7))),
            (.digestConflict, .digest),
        ]
        for (type, conflict) in cases {
            let log = try FakeLog()
            log.onRead = { $0.respond(Response(Problem(type, "no", log: Self.identity))) }
            let reader = Reader(log, .range, after: 9)
            await reader.over()
            #expect(reader.end == .conflict(conflict))
            #expect(reader.events.count == 1)
        }
    }

    @Test("Any other refusal is a break: nothing is given up for it")
    @LoopActor
    func refusals() async throws {
        let responses = [
            Response(Problem(.unavailable, "later")), Response(409),
            Response(Problem(.idConflict, "another 409", log: Self.identity)),
            Response(Problem(.epochConflict, "without the log's own word")),
            Response(200), Response(200, fields: [("log-epoch", "x"), ("log-head", "7")]),
            Response(500, type: MediaType.text) { $0.append([UInt8](repeating: 0x78, count: 100_000)) },
        ]
        for response in responses {
            let log = try FakeLog()
            log.onRead = { $0.respond(response) }
            let reader = Reader(log, .range, after: 9)
            await reader.over()
            #expect(reader.end == .broken, "\(response.status)")
            #expect(reader.reason != nil)
        }
    }

    @Test("Who is asked at an advertised address is shown a proof once, for what it wants proven")
    @LoopActor
    func proof() async throws {
        let pod = try FakeLog()
        var seen = [String?]()
        pod.onRead = { exchange in
            seen.append(exchange.head?.header("authorization"))
            guard seen.count == 2 else {
                let problem = Response(Problem(.unauthorized, "prove it"))
                return exchange.respond(problem)
            }
            exchange.respond(Self.lines("one\n"))
        }
        let reader = Reader(pod.origin, .range, after: 0) { "\($0) \($1) \($2)" }
        await reader.over()
        #expect(seen == [nil, "Bearer GET /log?after=0"])
        #expect(reader.events == ["started 00000000000000ab 7", "complete"] && reader.text == "one\n")
    }

    @Test("Who does not take the proof is a break, and is not asked again")
    @LoopActor
    func proofRefused() async throws {
        let pod = try FakeLog()
        var count = 0
        pod.onRead = { exchange in
            count += 1
            exchange.respond(Response(Problem(.unauthorized, "never")))
        }
        let reader = Reader(pod.origin, .live, after: 0) { _, _, _ in "proof" }
        await reader.over()
        #expect(count == 2 && reader.end == .broken)
        let unable = Reader(pod.origin, .live, after: 0) { _, _, _ in nil }
        await unable.over()
        #expect(count == 3 && unable.end == .broken)
    }

    @Test("A log that cannot be reached is a break")
    @LoopActor
    func unreachable() async throws {
        let port = try FakeLog.freePort()
        let reader = Reader(Origin(host: "127.0.0.1", port: port), .live, after: 0)
        await reader.over()
        #expect(reader.events == ["broken"] && reader.reason != nil)
    }

    @Test(
        "A read is passed on with its Accept and the secret, its answer piece by piece, whatever its status")
    @LoopActor
    func passedReads() async throws {
        let log = try FakeLog()
        log.onRead = { exchange in
            exchange.respond(
                Response(
                    404, type: MediaType.problem,
                    fields: [("retry-after", "1"), ("x-inner", "not for readers")]
                ) { $0.append("not here") })
        }
        let client = HTTPLog(log.origin, secret: Array("s3cret".utf8), writeTimeout: .seconds(5)) { _ in }
        var events = [String]()
        let read = client.read("/messages?last=1", accept: "application/json") { event in
            switch event {
            case .started(let status, let fields, let length):
                let text = fields.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
                events.append("\(status) [\(text)] \(length ?? -1)")
            case .bytes(let bytes): events.append(String(decoding: bytes, as: UTF8.self))
            case .ended: events.append("ended")
            case .failed: events.append("failed")
            }
        }
        await eventually("it ends") { events.last == "ended" }
        #expect(
            events == ["404 [content-type: application/problem+json, retry-after: 1] 8", "not here", "ended"])
        #expect(log.lastHead?.rawTarget.text == "/messages?last=1")
        #expect(log.lastHead?.header("accept") == "application/json")
        #expect(log.lastHead?.header("authorization") == "Bearer s3cret")
        withExtendedLifetime((client, read)) {}
    }

    @Test("A read that is cancelled is not heard of; one that breaks says so")
    @LoopActor
    func cancelledReads() async throws {
        let log = try FakeLog()
        var exchanges = [Exchange]()
        log.onRead = { exchanges.append($0) }
        let client = HTTPLog(log.origin, secret: nil, writeTimeout: .seconds(5)) { _ in }
        var events = [String]()
        let cancelled = client.read("/messages", accept: nil) { _ in events.append("heard") }
        await eventually("it comes") { exchanges.count == 1 }
        cancelled.cancel()
        let broken = client.read("/messages", accept: nil) { event in
            if case .failed = event { events.append("failed") }
        }
        await eventually("it comes") { exchanges.count == 2 }
        exchanges[1].respond(Response(200, body: .stream(length: 5) { $0.fail("the test wants it") }))
        await eventually("it fails") { !events.isEmpty }
        #expect(events == ["failed"])
        withExtendedLifetime((client, broken)) {}
    }

    @LoopActor
    private static func lines(_ text: String) -> Response {
        response(.bytes(ByteSlice(Array(text.utf8))))
    }

    @LoopActor
    private static func response(_ body: Response.Body) -> Response {
        Response(
            200,
            fields: [
                ("log-epoch", identity.epoch.description), ("log-head", identity.offset.description),
            ], body: body)
    }
}

/// One stream of lines and what it told.
@LoopActor
private final class Reader {
    private(set) var events = [String]()
    private(set) var text = ""
    private(set) var end: StreamEnd?
    private(set) var reason: String?
    private let log: any LineUpstream

    convenience init(
        _ log: FakeLog, _ mode: LogRequest.Mode, after: UInt64, proof: LogRequest.Proof? = nil
    ) {
        self.init(log.origin, mode, after: after, proof: proof)
    }

    convenience init(
        _ origin: Origin, _ mode: LogRequest.Mode, after: UInt64, proof: LogRequest.Proof? = nil
    ) {
        self.init(
            HTTPLog(origin, secret: nil, writeTimeout: .seconds(5)) { _ in }, mode, after: after, proof: proof
        )
    }

    /// At an address that somebody advertises.
    convenience init(
        _ origin: Origin, _ mode: LogRequest.Mode, after: UInt64, prove: @escaping HTTPLines.Prove
    ) {
        self.init(HTTPLines(origin, prove: prove), mode, after: after, proof: nil)
    }

    private init(
        _ log: any LineUpstream, _ mode: LogRequest.Mode, after: UInt64, proof: LogRequest.Proof?
    ) {
        self.log = log
        let request = LogRequest(number: 1, mode: mode, after: Offset(after), proof: proof)
        log.open(request) { [unowned self] event in
            switch event {
            case .started(let epoch, let head): events.append("started \(epoch) \(head)")
            case .bytes(let bytes): text += String(decoding: bytes, as: UTF8.self)
            case .ended(let end, let reason):
                self.end = end
                self.reason = reason
                events.append("\(end)")
            }
        }
        Reader.all.append(self)
    }

    /// Its connections outlive its test.
    private static var all = [Reader]()

    func close() { log.close(1) }
    func over() async { await eventually("the stream is over") { end != nil } }
}
