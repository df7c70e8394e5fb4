import LogLine
import Testing

@testable import Replication

@Suite("The pace of checking")
struct ScrubPaceTests {
    private func pace(_ interval: Duration) throws -> ScrubPace {
        try #require(ScrubPace(interval: interval, stepBytesMax: 256 << 10))
    }

    @Test("is none where no interval is wanted")
    func none() {
        #expect(ScrubPace(interval: .zero, stepBytesMax: 1) == nil)
    }

    @Test("takes all bytes once in the interval", arguments: [UInt64(1) << 30, 100 << 20, 4 << 20, 64 << 10])
    func whole(bytes: UInt64) throws {
        let interval = Duration.seconds(3600)
        let step = try pace(interval).step(of: bytes)
        let stepsPerPass = Double(bytes) / Double(step.bytes)
        let seconds = step.delay * stepsPerPass / .seconds(1)
        #expect(seconds > 0.01 * 3600 && seconds < 1.01 * 3600)
        if step.delay < ScrubLimits.stepDelayMax { #expect(seconds > 0.99 * 3600) }
    }

    @Test("of much is bounded: a pass takes longer then")
    func bounded() throws {
        let step = try pace(.seconds(1)).step(of: 1 << 40)
        #expect(step == ScrubPace.Step(bytes: 256 << 10, delay: ScrubLimits.stepInterval))
    }

    @Test("of little makes few steps, but looks again now and then, and always takes at least a line")
    func little() throws {
        #expect(
            try pace(.seconds(3600)).step(of: 0)
                == ScrubPace.Step(bytes: ScrubLimits.stepBytesMin, delay: ScrubLimits.stepDelayMax))
        #expect(try pace(.seconds(1)).step(of: 0).delay == .seconds(1))
        #expect(try pace(.milliseconds(1)).step(of: 0).delay == ScrubLimits.stepInterval)
    }
}

@Suite("What checking the disk has brought")
struct ScrubReportTests {
    private func damage(_ byte: Int) -> ScrubReport.Damage {
        ScrubReport.Damage(file: "f", byte: byte, offset: Offset(1), detail: "d")
    }

    @Test("counts a place once for as long as every pass finds it")
    func once() {
        var report = ScrubReport()
        for pass in 0..<3 {
            let isNew = report.add(damage(1))
            #expect(isNew == (pass == 0))
            report.endPass()
        }
        #expect(report.damageCount == 1 && report.damages == [damage(1)] && report.passes == 3)
    }

    @Test("forgets a place that a whole pass has not found any more, and counts it anew when it is back")
    func forgets() {
        var report = ScrubReport()
        _ = report.add(damage(1))
        report.endPass()
        report.endPass()
        #expect(report.damages.isEmpty && report.damageCount == 1)
        _ = report.add(damage(1))
        #expect(report.damageCount == 2)
    }

    @Test("names only so many places, and counts all")
    func bounded() {
        var report = ScrubReport()
        for byte in 0..<100 { _ = report.add(damage(byte)) }
        #expect(report.damages.count == ScrubLimits.damageShownMax && report.damageCount == 100)
    }
}

@Suite("A pod whose memory is damaged")
struct FollowerDamageTests {
    @Test("asks its log, and gives everything up as soon as that answers")
    func heals() throws {
        let history = try SampleHistory(5)
        var driver = try FollowerDriver.ready(history, head: 5)
        driver.send(.memoryDamaged(Offset(2)))
        #expect(driver.said == ["open range after 5 with proof"])
        #expect(driver.follower.isReady, "the rest is better than nothing")
        driver.begin(history, head: 5)
        #expect(driver.said == ["close", "discard", "open range after 0", "source bootstrap"])
        #expect(driver.discards == [.memoryDamaged(at: Offset(2))])
        #expect(driver.discards.allSatisfy { !$0.leavesHistory })
        try driver.serveRange(history, head: 5)
        #expect(driver.follower.isReady && driver.follower.digest == history.digests[5])
        #expect(driver.follower.counters.discards == 1)
        driver.run(.seconds(2))
        #expect(driver.discards.count == 1)
    }

    @Test("goes on with the rest for as long as its log is away")
    func logAway() throws {
        let history = try SampleHistory(5)
        var driver = try FollowerDriver.ready(history, head: 5)
        driver.send(.memoryDamaged(Offset(2)))
        for _ in 0..<3 {
            driver.end(.broken)
            #expect(driver.discards.isEmpty && driver.follower.isReady)
            driver.runUntilOpen()
        }
        driver.begin(history, head: 5)
        #expect(driver.discards == [.memoryDamaged(at: Offset(2))])
    }

    @Test("gives everything up at once while its log feeds it")
    func live() throws {
        let history = try SampleHistory(5)
        var driver = FollowerDriver(hasBus: false)
        driver.send(.start)
        try driver.serveRange(history, head: 3)
        driver.begin(history, head: 3)
        driver.send(.memoryDamaged(Offset(1)))
        #expect(driver.said == ["close", "discard", "open range after 0", "source bootstrap"])
    }

    @Test("gives everything up when its log has erased texts, and keeps nothing of it")
    func erased() throws {
        let history = try SampleHistory(5)
        var driver = try FollowerDriver.ready(history, head: 5)
        driver.send(.textsErased)
        driver.begin(history, head: 5)
        #expect(driver.discards == [.textsErased] && driver.discards.allSatisfy { !$0.leavesHistory })
        try driver.serveRange(history, head: 5)
        #expect(driver.follower.isReady && driver.follower.digest == history.digests[5])
    }

    @Test("does not keep the damaged history when its log is another one, either")
    func otherLog() throws {
        let history = try SampleHistory(5)
        var driver = try FollowerDriver.ready(history, head: 5)
        driver.send(.memoryDamaged(Offset(2)))
        driver.end(.conflict(.epoch(now: Epoch(7))))
        #expect(driver.discards == [.memoryDamaged(at: Offset(2))])
    }

    @Test("counts the times its log had another digest at the same offset")
    func digestConflicts() throws {
        let history = try SampleHistory(5)
        var driver = try FollowerDriver.ready(history, head: 5)
        driver.send(
            .busHeartbeat(LogIdentity(epoch: history.epoch, offset: Offset(5), digest: Digest(1))))
        driver.end(.conflict(.digest))
        #expect(driver.discards == [.historyDiffers(at: Offset(5))])
        #expect(driver.discards.allSatisfy { $0.leavesHistory })
        #expect(driver.follower.counters.digestConflicts == 1 && driver.follower.counters.discards == 1)
    }
}
