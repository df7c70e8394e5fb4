import LogLine
import Replication
import Testing

@Suite("A follower whose lines come from another pod")
struct FollowerDelegationTests {
    private let history: SampleHistory

    init() throws { history = try SampleHistory(10) }

    private func told(_ offset: UInt64) -> FollowerEvent {
        .headTold(Position(epoch: history.epoch, offset: Offset(offset)))
    }

    @Test("It is ready only when it has what the log told, however far the pod is that feeds it")
    func readiness() throws {
        var driver = FollowerDriver(hasBus: false)
        driver.send(told(5))
        driver.send(.start)
        try driver.serveRange(history, head: 3)
        #expect(!driver.follower.isReady && driver.follower.applied == Offset(3))
        #expect(driver.openRequest?.mode == .live, "the rest comes as soon as the other has it")
        driver.begin(history, head: 3)
        try driver.bring(history, through: 5)
        #expect(driver.follower.isReady && driver.follower.source == .tail)
    }

    @Test("What the log tells later does not put readiness off")
    func laterWord() throws {
        var driver = FollowerDriver(hasBus: false)
        driver.send(told(2))
        driver.send(.start)
        driver.begin(history, head: 2)
        driver.send(told(9))
        try driver.bring(history, through: 2)
        #expect(driver.follower.isReady && driver.follower.head == Offset(9))
    }

    @Test("When lines come from elsewhere it asks again at once, and a doubt stays one")
    func moved() throws {
        var driver = FollowerDriver(hasBus: false)
        driver.send(.start)
        try driver.serveRange(history, head: 3)
        driver.begin(history, head: 3)
        let failures = driver.follower.counters.failedRequests
        driver.end(.moved)
        #expect(driver.openRequest?.mode == .live && driver.openRequest?.after == Offset(3))
        #expect(driver.follower.counters.failedRequests == failures)
        // The log is another one now
        driver.begin(history, head: 3)
        driver.send(.headTold(Position(epoch: Epoch(1), offset: Offset(1))))
        #expect(driver.openRequest?.settlesDoubt == true)
        driver.end(.moved)
        #expect(driver.openRequest?.settlesDoubt == true && driver.discards.isEmpty)
        driver.end(.conflict(.epoch(now: Epoch(1))))
        #expect(driver.discards.count == 1)
    }
}
