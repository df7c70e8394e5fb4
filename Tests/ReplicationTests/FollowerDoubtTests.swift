import LogLine
import Replication
import Testing

@Suite("What Redis says of the log is not believed: a pod")
struct FollowerDoubtTests {
    @Test("asks its own log about another digest, and keeps its state when that confirms it")
    func otherDigest() throws {
        let history = try SampleHistory(3)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(
            .busHeartbeat(LogIdentity(epoch: history.epoch, offset: Offset(3), digest: Digest(1))))
        #expect(driver.said == ["open range after 3 with proof"])
        try driver.serveRange(history, head: 3)
        #expect(driver.discards.isEmpty && driver.follower.isReady)
        #expect(driver.follower.counters.doubts == 1 && driver.follower.counters.unfoundedHints == 1)
    }

    @Test("checks a claimed digest when it gets to its offset")
    func digestAhead() throws {
        let history = try SampleHistory(5)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(
            .busHeartbeat(LogIdentity(epoch: history.epoch, offset: Offset(4), digest: Digest(1))))
        #expect(driver.said == [])
        driver.send(.busLines(try history.batch(4...5)))
        #expect(driver.said == ["apply 4...5", "open range after 5 with proof"])
    }

    @Test("is content when the digest it gets to is as claimed")
    func rightDigestAhead() throws {
        let history = try SampleHistory(5)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busHeartbeat(history.identity(4)))
        driver.send(.busLines(try history.batch(4...5)))
        #expect(driver.said == ["apply 4...5"] && driver.follower.counters.doubts == 0)
    }

    @Test("asks its own log about another epoch, told by a heartbeat or by lines", arguments: [false, true])
    func otherEpoch(byLines: Bool) throws {
        let history = try SampleHistory(3)
        let other = try SampleHistory(4, epoch: Epoch(7))
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(byLines ? .busLines(try other.batch(4...4)) : .busHeartbeat(other.identity(4)))
        #expect(driver.said == ["open range after 3 with proof"])
        #expect(driver.follower.applied == Offset(3))
        #expect(driver.follower.counters.foreignBatches + driver.follower.counters.foreignHeartbeats == 1)
    }

    @Test("asks about lines that are ahead of the log's own heartbeat, and discards what was forged")
    func forgedLines() throws {
        let history = try SampleHistory(3)
        let forged = try SampleHistory(5, text: "forged")
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busLines(try forged.batch(4...5)))
        #expect(driver.follower.applied == Offset(5))
        driver.send(.busHeartbeat(history.identity(3)))
        #expect(driver.said == ["open range after 5 with proof"])
        driver.end(.conflict(.beyondHead(Offset(3))))
        #expect(driver.said == ["discard", "open range after 0", "source bootstrap"])
        try driver.serveRange(history, head: 3)
        #expect(driver.follower.digest == history.digests[3] && driver.follower.isReady)
    }

    @Test("asks at most once a second, however often and variously it is lied to")
    func rateLimit() throws {
        let history = try SampleHistory(3)
        let other = try SampleHistory(9, epoch: Epoch(7))
        var driver = try FollowerDriver.ready(history, head: 3)
        var questions = 0
        for step in 0..<5000 {
            driver.advance(.milliseconds(1))
            switch step % 5 {
            case 0: driver.send(.busHeartbeat(other.identity(9)))
            case 1: driver.send(.busLines(try other.batch(4...4)))
            case 2:
                let claim = LogIdentity(
                    epoch: history.epoch, offset: Offset(UInt64(1000 + step)), digest: .zero)
                driver.send(.busHeartbeat(claim))
            case 3:
                driver.send(
                    .busHeartbeat(LogIdentity(epoch: history.epoch, offset: Offset(3), digest: .zero)))
            default: driver.send(.busLines(try SampleHistory.forgery(at: 100 + step)))
            }
            if driver.openRequest != nil {
                questions += 1
                try driver.serveRange(history, head: 3)
            }
        }
        #expect((4...6).contains(questions), "\(questions) questions in 5 s")
        #expect(driver.discards.isEmpty && driver.follower.applied == Offset(3))
    }

    @Test("forgets a head that was only claimed, once its own log has contradicted")
    func falseHead() throws {
        let history = try SampleHistory(4)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(
            .busHeartbeat(LogIdentity(epoch: history.epoch, offset: Offset(1 << 50), digest: .zero)))
        driver.send(.busLines(try SampleHistory.forgery(at: 50)))
        driver.advance(.milliseconds(20))
        try driver.serveRange(history, head: 3)
        #expect(driver.follower.head == Offset(3) && driver.follower.bufferedBytes == 0)
        driver.advance(.seconds(1))
        #expect(driver.openRequest == nil)
        driver.send(.busHeartbeat(history.identity(3)))
        #expect(driver.follower.counters.staleHeartbeats == 0)
    }
}

@Suite("Only its own log's word makes a pod discard: it")
struct FollowerDiscardTests {
    private func questioned(_ history: SampleHistory) throws -> FollowerDriver {
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busHeartbeat(LogIdentity(epoch: Epoch(7), offset: Offset(3), digest: Digest(1))))
        return driver
    }

    @Test(
        "gives everything up when the log refuses its position",
        arguments: [LogConflict.epoch(now: Epoch(7)), .beyondHead(Offset(2)), .digest])
    func discards(conflict: LogConflict) throws {
        let history = try SampleHistory(3)
        let other = try SampleHistory(2, epoch: Epoch(7), text: "other")
        var driver = try questioned(history)
        driver.end(.conflict(conflict))
        #expect(driver.said == ["discard", "open range after 0", "source bootstrap"])
        #expect(driver.openRequest?.proof == nil && !driver.follower.isReady)
        #expect(driver.follower.epoch == nil && driver.follower.applied == .zero)
        #expect(driver.discards.first?.description.isEmpty == false)
        try driver.serveRange(other, head: 2)
        #expect(driver.follower.epoch == other.epoch && driver.follower.digest == other.digests[2])
        #expect(driver.follower.isReady && driver.appliedOffsets == [1, 2])
        #expect(driver.follower.counters.discards == 1)
    }

    @Test("names the reason")
    func reasons() throws {
        let history = try SampleHistory(3)
        let cases: [(LogConflict, DiscardReason)] = [
            (.epoch(now: Epoch(7)), .epochChanged(from: history.epoch, to: Epoch(7))),
            (.beyondHead(Offset(2)), .logBehind(applied: Offset(3), head: Offset(2))),
            (.digest, .historyDiffers(at: Offset(3))),
        ]
        for (conflict, reason) in cases {
            var driver = try questioned(history)
            driver.end(.conflict(conflict))
            #expect(driver.discards == [reason])
        }
    }

    @Test("does so when the log answers in the name of another epoch, too")
    func otherEpochAnswers() throws {
        let history = try SampleHistory(3)
        let other = try SampleHistory(2, epoch: Epoch(7))
        var driver = try questioned(history)
        driver.begin(other, head: 2)
        #expect(driver.said == ["close", "discard", "open range after 0", "source bootstrap"])
    }

    @Test(
        "takes a refusal that makes no sense for a failure",
        arguments: [LogConflict.epoch(now: sampleEpoch), .beyondHead(Offset(3)), .beyondHead(Offset(9))])
    func senseless(conflict: LogConflict) throws {
        let history = try SampleHistory(3)
        var driver = try questioned(history)
        driver.end(.conflict(conflict))
        #expect(driver.said == [] && driver.discards.isEmpty)
        #expect(driver.follower.counters.failedRequests == 1)
        driver.run(.seconds(2))
        #expect(driver.openRequest != nil, "the doubt is still to be settled")
    }

    @Test("takes a refusal of a bootstrap, which claims nothing, for a failure")
    func bootstrapRefused() {
        var driver = FollowerDriver()
        driver.send(.start)
        driver.send(.busSubscribed)
        driver.end(.conflict(.digest))
        #expect(driver.discards.isEmpty && driver.follower.counters.failedRequests == 1)
    }

    @Test("finds a changed log by the tail it falls back to, when Redis only goes silent")
    func silentChange() throws {
        let history = try SampleHistory(3)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.advance(.seconds(3))
        #expect(driver.openRequest?.proof != nil)
        driver.end(.conflict(.epoch(now: Epoch(7))))
        #expect(driver.discards.count == 1)
    }

    @Test("finds a changed log by the tail's own heartbeat", arguments: [false, true])
    func tailHeartbeat(isOtherEpoch: Bool) throws {
        let history = try SampleHistory(3)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.busLost)
        driver.begin(history, head: 3)
        let number = driver.openRequest?.number ?? 0
        let identity = LogIdentity(
            epoch: isOtherEpoch ? Epoch(7) : history.epoch, offset: Offset(3), digest: Digest(1))
        driver.send(.streamHeartbeat(number, identity))
        #expect(driver.said == ["close", "open live after 3 with proof"])
        driver.end(.conflict(.digest))
        #expect(driver.discards.count == 1)
    }

    @Test("finds a changed log by the answer to its own write")
    func acknowledged() throws {
        let history = try SampleHistory(3)
        var driver = try FollowerDriver.ready(history, head: 3)
        driver.send(.acknowledged(Position(epoch: Epoch(7), offset: Offset(1))))
        #expect(driver.said == ["open range after 3 with proof"])
    }

    @Test("does so at most once a second, should the log keep changing")
    func pause() throws {
        let history = try SampleHistory(3)
        var driver = try questioned(history)
        driver.end(.conflict(.digest))
        try driver.serveRange(history, head: 3)
        driver.send(.busHeartbeat(LogIdentity(epoch: Epoch(7), offset: Offset(3), digest: Digest(1))))
        driver.end(.conflict(.digest))
        #expect(driver.said == ["discard", "source bootstrap"])
        driver.run(.seconds(1))
        #expect(driver.openRequest?.after == .zero)
    }

    @Test("keeps nothing that it had heard of the old log")
    func forgets() throws {
        let history = try SampleHistory(9)
        let other = try SampleHistory(2, epoch: Epoch(7), text: "other")
        var driver = try questioned(history)
        driver.send(.busLines(try history.batch(6...9)))
        driver.send(.busHeartbeat(history.identity(9)))
        driver.end(.conflict(.epoch(now: Epoch(7))))
        #expect(driver.follower.head == .zero && driver.follower.bufferedBytes == 0)
        try driver.serveRange(other, head: 2)
        for _ in 0..<4 {
            driver.advance(.seconds(1))
            driver.send(.busHeartbeat(other.identity(2)))
        }
        #expect(driver.openRequest == nil && driver.follower.source == .redis)
        #expect(driver.follower.counters.staleHeartbeats == 0)
    }

    @Test("applies nothing of the old epoch afterwards")
    func noMixing() throws {
        let history = try SampleHistory(6)
        let other = try SampleHistory(2, epoch: Epoch(7), text: "other")
        var driver = try questioned(history)
        driver.send(.busLines(try history.batch(5...6)))
        driver.end(.conflict(.epoch(now: Epoch(7))))
        driver.send(.busLines(try history.batch(1...6)))
        try driver.serveRange(other, head: 2)
        driver.send(.busLines(try history.batch(3...6)))
        #expect(driver.appliedOffsets == [1, 2] && driver.follower.digest == other.digests[2])
    }
}

extension SampleHistory {
    /// One line of the sample epoch at an offset where there is none.
    static func forgery(at offset: Int) throws -> LineBatch {
        let out = ByteBuffer()
        _ = Line.encode(
            try message("forged"), offset: Offset(UInt64(offset)), time: sampleTime, into: out)
        return try decode(payloads(out.array, after: UInt64(offset - 1))[0])
    }
}
