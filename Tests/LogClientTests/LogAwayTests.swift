import EventLoop
import LogLine
import LoopTestSupport
import Replication
import Testing
import Web

@testable import LogClient

@Suite("Writes while the log is away or silent", .loopAlone)
struct LogAwayTests {
    @Test("While the log is away a write waits a short while, then gets 503")
    @LoopActor
    func unavailable() async throws {
        let writer = Writer(Origin(host: "127.0.0.1", port: try FakeLog.freePort()))
        let start = LoopClock.monotonic
        try writer.append("a")
        #expect(writer.order.isEmpty)
        await writer.answered(1)
        let waited = LoopClock.monotonic - start
        #expect(writer.problem("a")?.type == .unavailable)
        #expect(writer.problem("a")?.id == (try MessageID(validating: Array("a".utf8))))
        #expect(waited >= LogClientLimits.waitWhileAway && waited < .seconds(25), "it waited \(waited)")
        #expect(writer.log?.isReachable == false && writer.log?.waitingWrites == 0)
        #expect(writer.statuses.allSatisfy { $0 == "lost" } && !writer.statuses.isEmpty)
    }

    @Test("A bounded number waits; a further one gets 503 at once")
    @LoopActor
    func bound() async throws {
        let writer = Writer(Origin(host: "127.0.0.1", port: try FakeLog.freePort()))
        for number in 1...LogClientLimits.waitingWhileAwayMax { try writer.append("id-\(number)") }
        #expect(writer.order.isEmpty)
        try writer.append("one-more")
        #expect(writer.order == ["one-more"])
        #expect(writer.problem("one-more")?.type == .unavailable)
        await writer.answered(LogClientLimits.waitingWhileAwayMax + 1)
        #expect(writer.log?.waitingWrites == 0)
    }

    @Test("What waited is written when the log comes in time")
    @LoopActor
    func comesBack() async throws {
        let port = try FakeLog.freePort()
        let writer = Writer(Origin(host: "127.0.0.1", port: port))
        await eventually("it was tried") { !writer.statuses.isEmpty }
        try writer.append("a")
        try writer.append("b")
        let log = try FakeLog(port: port)
        await writer.answered(2)
        #expect(log.taken == ["a", "b"])
        #expect(writer.offset("a") == 1 && writer.offset("b") == 2)
        #expect(writer.statuses.last == "open")
    }

    @Test("However long the log was away, what waits is written when it is back")
    @LoopActor
    func comesBackLate() async throws {
        // Given a log that was away until the pauses between attempts grow no more
        let port = try FakeLog.freePort()
        let writer = Writer(Origin(host: "127.0.0.1", port: port))
        await eventually("the pauses are long") { writer.statuses.count >= 8 }
        // When it is back just after an attempt
        let log = try FakeLog(port: port)
        try writer.append("a")
        await writer.answered(1)
        // Then
        #expect(log.taken == ["a"] && writer.offset("a") == 1)
    }

    @Test("A write that was passed on and is not answered in time gets 504 with its id, and nothing after it")
    @LoopActor
    func outcomeUnknown() async throws {
        let log = try FakeLog()
        log.behaviours = [.hold]
        let writer = Writer(log.origin, timeout: .milliseconds(400))
        await writer.isReachable()
        try writer.append("a")
        await writer.answered(1)
        #expect(writer.problem("a")?.type == .outcomeUnknown)
        #expect(writer.problem("a")?.id == (try MessageID(validating: Array("a".utf8))))
        // The late result is nobody's any more, and later writes get theirs
        log.release()
        try writer.append("b")
        await writer.answered(2)
        #expect(writer.results["a"]?.count == 1)
        #expect(writer.offset("b") == 2)
        #expect(writer.log?.waitingWrites == 0)
    }

    @Test("A write that was passed on before a break is unknown, not refused, when the log stays away")
    @LoopActor
    func breaksForGood() async throws {
        // Given a log that takes the write and goes away for good
        let listener = try RawListener()
        let writer = Writer(Origin(host: "127.0.0.1", port: listener.port), timeout: .milliseconds(1_200))
        let peer = try await listener.accept()
        await writer.isReachable()
        try writer.append("passed-on")
        #expect(await !peer.receive(max: 10).bytes.isEmpty)
        listener.close()
        peer.reset()
        await eventually("the break is noticed") { writer.log?.isReachable == false }
        try writer.append("kept-back")
        await writer.answered(2)
        #expect(writer.problem("passed-on")?.type == .outcomeUnknown)
        #expect(writer.problem("kept-back")?.type == .unavailable)
    }

    @Test("Beyond the writes that may wait for a silent log a further one gets 503")
    @LoopActor
    func overloaded() async throws {
        let log = try FakeLog()
        log.behaviours = [.hold]
        let writer = Writer(log.origin)
        await writer.isReachable()
        for number in 1...LogClientLimits.waitingWritesMax { try writer.append("id-\(number)") }
        #expect(writer.order.isEmpty)
        try writer.append("one-more")
        #expect(writer.problem("one-more")?.type == .overloaded)
        log.release()
        await eventually("all are written") {
            log.release()
            return writer.order.count > LogClientLimits.waitingWritesMax
        }
        #expect(log.taken.count == LogClientLimits.waitingWritesMax)
    }
}
