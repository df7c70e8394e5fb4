import LogLine
import Replication
import Testing

@Suite("A live pod")
struct FollowerLiveTests {
    @Test("applies what joins at once, and what it has already, never")
    func applies() throws {
        let history = try SampleHistory(6)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busLines(try history.batch(4...4)))
        #expect(driver.said == ["apply 4...4"])
        driver.send(.busLines(try history.batch(2...4)))
        #expect(driver.said == [])
        driver.send(.busLines(try history.batch(3...6)))
        #expect(driver.said == ["apply 5...6"])
        #expect(driver.follower.digest == history.digests[6])
        #expect(driver.follower.counters.linesSkipped == 5)
    }

    @Test("waits a moment for lines that were overtaken")
    func reordering() throws {
        let history = try SampleHistory(6)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busLines(try history.batch(6...6)))
        driver.send(.busLines(try history.batch(5...5)))
        driver.advance(.milliseconds(19))
        #expect(driver.said == [])
        driver.send(.busLines(try history.batch(4...4)))
        #expect(driver.said == ["apply 4...4", "apply 5...5", "apply 6...6"])
        driver.run(.seconds(1))
        #expect(driver.openRequest == nil && driver.follower.counters.repairs == 0)
    }

    @Test("fetches what is missing after that moment, and joins what it kept")
    func gap() throws {
        let history = try SampleHistory(8)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busLines(try history.batch(6...7)))
        #expect(driver.follower.nextDeadline(after: driver.now) == driver.now + .milliseconds(20))
        driver.advance(.milliseconds(20))
        #expect(driver.said == ["open range after 3 with proof"])
        driver.send(.busLines(try history.batch(8...8)))
        try driver.serveRange(history, head: 7)
        #expect(driver.appliedOffsets == Array(1...8))
        #expect(driver.follower.bufferedBytes == 0 && driver.follower.counters.repairs == 1)
    }

    @Test("notices a lost last message by the heartbeat")
    func lostLast() throws {
        let history = try SampleHistory(4)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busHeartbeat(history.identity(4)))
        #expect(driver.follower.head == Offset(4))
        driver.advance(.milliseconds(20))
        #expect(driver.said == ["open range after 3 with proof"])
    }

    @Test("notices a lost message by the answer to its own write")
    func acknowledged() throws {
        let history = try SampleHistory(4)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.acknowledged(Position(epoch: history.epoch, offset: Offset(4))))
        driver.advance(.milliseconds(20))
        #expect(driver.said == ["open range after 3 with proof"])
    }

    @Test("does not fetch while lines keep coming: the wait begins anew with every progress")
    func progress() throws {
        let history = try SampleHistory(40)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busHeartbeat(history.identity(40)))
        for offset in 4...40 {
            driver.advance(.milliseconds(15))
            #expect(driver.openRequest == nil)
            driver.send(.busLines(try history.batch(offset...offset)))
        }
        #expect(driver.follower.applied == Offset(40) && driver.openRequest == nil)
    }

    @Test("drops its reorder buffer at its bound, and fetches instead", arguments: [false, true])
    func overflow(byBytes: Bool) throws {
        let history = try SampleHistory(20)
        var limits = FollowerLimits()
        if byBytes { limits.reorderBytesMax = 2000 } else { limits.reorderBatchesMax = 4 }
        var driver = try FollowerDriver.ready(history, head: 3, limits: limits)
        for offset in 5...20 { driver.send(.busLines(try history.batch(offset...offset))) }
        #expect(driver.follower.counters.reorderOverflows > 0)
        #expect(driver.follower.bufferedBytes <= limits.reorderBytesMax)
        driver.advance(.milliseconds(20))
        try driver.serveRange(history, head: 20)
        #expect(driver.appliedOffsets == Array(1...20))
    }

    @Test("keeps each line once in its buffer, however often it comes")
    func duplicates() throws {
        let history = try SampleHistory(9)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busLines(try history.batch(5...9)))
        let bytes = driver.follower.bufferedBytes
        for _ in 0..<10 {
            driver.send(.busLines(try history.batch(5...9)))
            driver.send(.busLines(try history.batch(6...7)))
        }
        #expect(driver.follower.bufferedBytes == bytes)
    }

    @Test("keeps serving while its log is away and Redis is not")
    func logAway() throws {
        let history = try SampleHistory(6)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busLines(try history.batch(5...5)))
        driver.advance(.milliseconds(20))
        driver.end(.broken)
        driver.send(.busLines(try history.batch(4...4)))
        driver.send(.busLines(try history.batch(6...6)))
        #expect(driver.appliedOffsets == Array(1...6) && driver.follower.isReady)
    }

    @Test("gives up a head that its log named once and does not name any more")
    func headGone() throws {
        let history = try SampleHistory(3)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.acknowledged(Position(epoch: history.epoch, offset: Offset(9))))
        driver.advance(.milliseconds(20))
        try driver.serveRange(history, head: 3)
        #expect(driver.follower.head == Offset(3))
        driver.advance(.seconds(1))
        #expect(driver.openRequest == nil)
    }

    @Test("has our log confirm its history now and then")
    func regularCheck() throws {
        let history = try SampleHistory(3)
        var driver = try FollowerDriver.ready(history, head: 3)
        for _ in 0..<29 {
            driver.advance(.seconds(1))
            driver.send(.busHeartbeat(history.identity(3)))
            #expect(driver.openRequest == nil)
        }
        driver.advance(.seconds(1))
        #expect(driver.said == ["open range after 3 with proof"])
    }

    @Test("asks for no tick but those it needs: nothing is due in the past")
    func deadlines() throws {
        let history = try SampleHistory(6)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busLines(try history.batch(5...5)))
        for _ in 0..<20 {
            guard let deadline = driver.follower.nextDeadline(after: driver.now) else { break }
            #expect(deadline > driver.now)
            driver.advance(deadline - driver.now)
        }
    }
}

@Suite("When Redis is away, a pod")
struct FollowerTailTests {
    private func heartbeats(
        _ driver: inout FollowerDriver, _ history: SampleHistory, _ offset: Int, _ count: Int
    ) {
        for _ in 0..<count {
            driver.advance(.seconds(1))
            driver.send(.busHeartbeat(history.identity(offset)))
        }
    }

    @Test("follows the live tail once no heartbeat has come for 3 s, though the connection stands")
    func silence() throws {
        let history = try SampleHistory(6)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.advance(.milliseconds(2999))
        #expect(driver.said == [])
        driver.advance(.milliseconds(1))
        #expect(driver.said == ["open live after 3 with proof"])
        driver.begin(history, head: 3)
        #expect(driver.said == ["source tail"])
        try driver.bring(history, through: 6)
        #expect(driver.appliedOffsets == Array(1...6))
    }

    @Test("follows it at once when the connection is lost")
    func lost() throws {
        let history = try SampleHistory(3)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busLost)
        #expect(driver.said == ["open live after 3 with proof"])
    }

    @Test("is not held by heartbeats of another epoch, nor by old ones that are repeated")
    func uselessHeartbeats() throws {
        let history = try SampleHistory(5)
        let other = try SampleHistory(5, epoch: Epoch(7))
        var driver = try FollowerDriver.ready(history, head: 5)
        for _ in 0..<3 {
            driver.advance(.seconds(1))
            driver.send(.busHeartbeat(history.identity(4)))
            driver.send(.busHeartbeat(other.identity(5)))
            if driver.openRequest?.mode == .range { try driver.serveRange(history, head: 5) }
        }
        #expect(driver.openRequest?.mode == .live)
        #expect(driver.follower.counters.staleHeartbeats == 3)
    }

    @Test("stays on the tail until the subscription is confirmed and what Redis brings joins")
    func goesBack() throws {
        let history = try SampleHistory(9)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busLost)
        driver.begin(history, head: 3)
        try driver.bring(history, through: 4)
        driver.send(.busSubscribed)
        #expect(driver.said == [])
        driver.send(.busLines(try history.batch(7...8)))
        driver.send(.busHeartbeat(history.identity(8)))
        #expect(driver.said == [], "lines 5 and 6 were published before the subscription")
        try driver.bring(history, through: 6)
        #expect(driver.said == ["apply 7...8", "close", "source redis"])
        driver.send(.busLines(try history.batch(9...9)))
        #expect(driver.appliedOffsets == Array(1...9))
    }

    @Test("does not go back while heartbeats are ahead of what the tail has brought")
    func heartbeatAhead() throws {
        let history = try SampleHistory(9)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busLost)
        driver.begin(history, head: 3)
        driver.send(.busSubscribed)
        driver.send(.busHeartbeat(history.identity(5)))
        #expect(driver.said == [])
        try driver.bring(history, through: 5)
        #expect(driver.said == ["close", "source redis"])
    }

    @Test("leaves a tail that is silent for 3 s and opens it anew after a delay")
    func silentTail() throws {
        let history = try SampleHistory(5)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busLost)
        driver.begin(history, head: 3)
        let number = driver.openRequest?.number ?? 0
        driver.advance(.seconds(2))
        driver.send(.streamHeartbeat(number, history.identity(3)))
        driver.advance(.milliseconds(2999))
        #expect(driver.said == [])
        driver.advance(.milliseconds(1))
        #expect(driver.said == ["close"])
        driver.run(.milliseconds(200))
        #expect(driver.openRequest?.mode == .live && driver.openRequest?.number != number)
    }

    @Test("keeps serving, and stays ready, while its log is away as well")
    func bothAway() throws {
        let history = try SampleHistory(5)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busLost)
        for _ in 0..<5 {
            driver.end(.broken)
            driver.runUntilOpen()
        }
        #expect(driver.follower.isReady && driver.follower.applied == Offset(3))
        driver.begin(history, head: 5)
        try driver.bring(history, through: 5)
        #expect(driver.appliedOffsets == Array(1...5))
    }

    @Test("does not doubt what the tail brought because a heartbeat over Redis is late")
    func lateHeartbeat() throws {
        let history = try SampleHistory(6)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.advance(.seconds(3))
        driver.begin(history, head: 3)
        try driver.bring(history, through: 6)
        driver.send(.busHeartbeat(history.identity(4)))
        #expect(driver.follower.counters.doubts == 0)
    }

    @Test("takes lines that Redis brings all the same, and skips them on the tail")
    func bothBring() throws {
        let history = try SampleHistory(6)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.advance(.seconds(3))
        driver.begin(history, head: 3)
        let number = driver.openRequest?.number ?? 0
        driver.send(.busLines(try history.batch(4...5)))
        #expect(driver.follower.take(Offset(4), crc: try history.crc(4), from: number) == .skip)
        #expect(driver.follower.take(Offset(5), crc: try history.crc(5), from: number) == .skip)
        #expect(driver.follower.take(Offset(6), crc: try history.crc(6), from: number) == .apply)
    }
}
