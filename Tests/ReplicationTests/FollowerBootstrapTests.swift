import LogLine
import Replication
import Testing

@Suite("A pod that starts")
struct FollowerBootstrapTests {
    @Test("subscribes first, and asks the log only when Redis has confirmed")
    func order() {
        var driver = FollowerDriver()
        driver.send(.start)
        #expect(driver.said == ["subscribe"])
        driver.send(.busSubscribed)
        #expect(driver.said == ["open range after 0"])
        #expect(driver.openRequest?.proof == nil)
    }

    @Test("begins without Redis when that does not confirm in time")
    func slowRedis() {
        var driver = FollowerDriver()
        driver.send(.start)
        driver.advance(.milliseconds(999))
        #expect(driver.said == [])
        #expect(driver.follower.nextDeadline(after: driver.now) == .seconds(1))
        driver.advance(.milliseconds(1))
        #expect(driver.said == ["open range after 0"])
    }

    @Test("begins at once when Redis cannot be reached")
    func noRedis() {
        var driver = FollowerDriver()
        driver.send(.start)
        driver.send(.busLost)
        #expect(driver.said == ["open range after 0"])
    }

    @Test("without a Redis at all follows the live tail once it has caught up")
    func noBus() throws {
        let history = try SampleHistory(5)
        var driver = FollowerDriver(hasBus: false)
        driver.send(.start)
        #expect(driver.said == ["open range after 0"])
        try driver.serveRange(history, head: 3)
        #expect(driver.said == ["open live after 3 with proof"])
        driver.begin(history, head: 3)
        #expect(driver.said == ["source tail"])
        try driver.bring(history, through: 5)
        #expect(driver.appliedOffsets == [1, 2, 3, 4, 5])
    }

    @Test("is ready when it has applied what was durable at its start, not earlier")
    func ready() throws {
        let history = try SampleHistory(5)
        var driver = FollowerDriver()
        driver.send(.start)
        driver.send(.busSubscribed)
        driver.begin(history, head: 4)
        try driver.bring(history, through: 3)
        #expect(!driver.follower.isReady && driver.follower.source == .bootstrap)
        try driver.bring(history, through: 4)
        #expect(driver.said == ["ready", "source redis"])
        #expect(driver.follower.isReady)
    }

    @Test("of an empty log is ready at once")
    func emptyLog() throws {
        let history = try SampleHistory(1)
        var driver = FollowerDriver()
        driver.send(.start)
        driver.send(.busSubscribed)
        driver.begin(history, head: 0)
        #expect(driver.said == ["ready", "source redis"])
    }

    @Test("applies what Redis brought meanwhile once it joins, each line once and in order")
    func joins() throws {
        let history = try SampleHistory(8)
        var driver = FollowerDriver()
        driver.send(.start)
        driver.send(.busSubscribed)
        driver.send(.busLines(try history.batch(4...5)))
        driver.begin(history, head: 5)
        driver.send(.busLines(try history.batch(6...8)))
        #expect(driver.said == [])
        try driver.bring(history, through: 5)
        #expect(driver.said == ["apply 6...8", "ready", "source redis"])
        driver.end(.complete)
        #expect(driver.appliedOffsets == Array(1...8))
        #expect(driver.follower.digest == history.digests[8])
    }

    @Test("fetches what is missing before lines that came before it knew its log")
    func bufferedBeforeEpoch() throws {
        let history = try SampleHistory(7)
        var driver = FollowerDriver()
        driver.send(.start)
        driver.send(.busSubscribed)
        driver.send(.busLines(try history.batch(6...7)))
        try driver.serveRange(history, head: 4)
        #expect(driver.follower.head == Offset(7) && driver.follower.lag == 3)
        driver.advance(.milliseconds(20))
        #expect(driver.said == ["open range after 4 with proof"])
    }

    @Test("drops buffered lines of another epoch as soon as it knows its own")
    func foreignBuffer() throws {
        let history = try SampleHistory(3)
        let other = try SampleHistory(6, epoch: Epoch(7))
        var driver = FollowerDriver()
        driver.send(.start)
        driver.send(.busSubscribed)
        driver.send(.busLines(try other.batch(4...6)))
        try driver.serveRange(history, head: 3)
        #expect(driver.follower.applied == Offset(3) && driver.follower.bufferedBytes == 0)
    }

    @Test("resumes a broken bootstrap where it stood, with a proof, after a delay")
    func resumes() throws {
        let history = try SampleHistory(6)
        var driver = FollowerDriver()
        driver.send(.start)
        driver.send(.busSubscribed)
        driver.begin(history, head: 6)
        try driver.bring(history, through: 2)
        driver.end(.broken)
        #expect(driver.said == [])
        driver.run(.milliseconds(100))
        #expect(driver.openRequest?.after == Offset(2))
        #expect(
            driver.openRequest?.proof == LogRequest.Proof(epoch: history.epoch, digest: history.digests[2]))
        try driver.serveRange(history, head: 6)
        #expect(driver.appliedOffsets == Array(1...6) && driver.follower.isReady)
    }

    @Test("takes a range that ends before the announced head for broken")
    func shortRange() throws {
        let history = try SampleHistory(6)
        var driver = FollowerDriver()
        driver.send(.start)
        driver.send(.busSubscribed)
        driver.begin(history, head: 6)
        try driver.bring(history, through: 2)
        driver.end(.complete)
        #expect(!driver.follower.isReady && driver.follower.counters.failedRequests == 1)
    }

    @Test("asks an absent log again and again with growing delays, up to a cap, and never more often")
    func backoff() {
        var driver = FollowerDriver()
        driver.send(.start)
        driver.send(.busSubscribed)
        var last = driver.now
        var delays: [Duration] = []
        for _ in 0..<12 {
            driver.end(.broken)
            driver.runUntilOpen()
            delays.append(driver.now - last)
            last = driver.now
        }
        let limits = FollowerLimits()
        #expect(delays[0] >= limits.retryDelayMin / 2 && delays[0] <= limits.retryDelayMin)
        #expect(delays.allSatisfy { $0 <= limits.retryDelayMax })
        #expect(delays.suffix(4).allSatisfy { $0 >= limits.retryDelayMax / 2 })
        #expect(Set(delays.suffix(4)).count > 1, "without jitter all pods come at once")
    }

    @Test("gives up a range that brings nothing for too long")
    func stalledRange() throws {
        let history = try SampleHistory(6)
        var driver = FollowerDriver()
        driver.send(.start)
        driver.send(.busSubscribed)
        driver.begin(history, head: 6)
        driver.advance(.milliseconds(9999))
        try driver.bring(history, through: 2)
        driver.advance(.milliseconds(9999))
        #expect(driver.said == [])
        driver.advance(.milliseconds(1))
        #expect(driver.said == ["close"])
    }

    @Test("refuses lines that are not the next, or not of the request under way")
    func refusesLines() throws {
        let history = try SampleHistory(6)
        var driver = FollowerDriver()
        driver.send(.start)
        driver.send(.busSubscribed)
        let number = driver.openRequest?.number ?? 0
        #expect(driver.follower.take(Offset(1), crc: 0, from: number) == .refuse, "it has not begun")
        driver.begin(history, head: 6)
        #expect(driver.follower.take(Offset(2), crc: 0, from: number) == .refuse)
        #expect(driver.follower.take(Offset(0), crc: 0, from: number) == .refuse)
        #expect(driver.follower.take(Offset(1), crc: try history.crc(1), from: number + 1) == .refuse)
        #expect(driver.follower.take(Offset(1), crc: try history.crc(1), from: number) == .apply)
        #expect(driver.follower.take(Offset(1), crc: try history.crc(1), from: number) == .skip)
    }

    @Test("ignores what still comes of a request that it has left")
    func staleEvents() throws {
        let history = try SampleHistory(6)
        var driver = FollowerDriver()
        driver.send(.start)
        driver.send(.busSubscribed)
        let number = driver.openRequest?.number ?? 0
        driver.end(.broken)
        driver.run(.seconds(1))
        driver.send(.streamStarted(number, epoch: history.epoch, head: Offset(6)))
        driver.send(.streamHeartbeat(number, history.identity(6)))
        driver.send(.streamProgress(number))
        driver.send(.streamEnded(number, .complete))
        #expect(driver.follower.epoch == nil && driver.follower.head == .zero)
        #expect(driver.openRequest != nil)
    }

    @Test("starts once")
    func startsOnce() {
        var driver = FollowerDriver()
        driver.send(.start)
        driver.send(.start)
        #expect(driver.said == [])
    }
}
