import LogLine
import TestSupport
import Testing

@testable import Replication

@Suite("The count of heartbeats")
struct BeatTests {
    private func beat(_ count: UInt64, run: UInt64 = 1) -> Beat { Beat(run: run, count: count) }

    @Test("grows with each heartbeat and with the time, and tells how old one is")
    func ages() {
        var beats = Beats(run: 7, at: .seconds(100))
        #expect(beats.age(of: beat(1, run: 7), at: .seconds(100)) == nil)
        #expect(beats.next(at: .seconds(100)) == beat(1, run: 7))
        #expect(beats.next(at: .seconds(100)) == beat(2, run: 7))
        #expect(beats.next(at: .seconds(101)) == beat(1000, run: 7))
        #expect(beats.age(of: beat(1000, run: 7), at: .seconds(104)) == .seconds(3))
        #expect(beats.age(of: beat(2, run: 7), at: .seconds(101)) == .milliseconds(998))
        // Two of one millisecond: the second is ahead of the time
        #expect(beats.next(at: .seconds(101)) == beat(1001, run: 7))
        #expect(beats.age(of: beat(1001, run: 7), at: .seconds(101)) == .zero)
        #expect(beats.age(of: beat(1002, run: 7), at: .seconds(104)) == nil)
        #expect(beats.age(of: beat(1000, run: 8), at: .seconds(104)) == nil)
    }

    @Test("makes a heartbeat news once, and never after a later one")
    func news() {
        var heard = HeardBeats()
        let judged = [beat(5), beat(5), beat(4), beat(6), beat(5)].map { heard.isNews($0) }
        #expect(judged == [true, false, false, true, false])
        #expect(heard.newest == beat(6))
    }

    @Test("keeps the runs of a log apart, so that an old one's heartbeats are not news again")
    func runs() {
        var heard = HeardBeats()
        let judged = [beat(900), beat(1, run: 2), beat(900), beat(2, run: 2), beat(899)].map {
            heard.isNews($0)
        }
        #expect(judged == [true, true, false, true, false])
    }

    @Test("is not there in the heartbeats of an older log, which are believed")
    func older() {
        var heard = HeardBeats()
        let judged = [nil, nil].map { heard.isNews($0) }
        #expect(judged == [true, true] && heard.newest == nil)
    }

    @Test("is corrected by the log itself when somebody claimed too much")
    func corrected() {
        var heard = HeardBeats()
        var judged = [beat(1 << 50), beat(7)].map { heard.isNews($0) }
        heard.correct(to: beat(6))
        judged += [beat(7), beat(6)].map { heard.isNews($0) }
        heard.correct(to: beat(9))
        judged.append(heard.isNews(beat(8)))
        #expect(judged == [true, false, true, false, true])
    }

    @Test("is remembered of no more runs than there is room for")
    func bounded() {
        var heard = HeardBeats()
        let all = (0...UInt64(HeardBeats.runsMax)).map { heard.isNews(beat(9, run: $0)) }
        let again = [1, 0].map { heard.isNews(beat(9, run: $0)) }
        #expect(all.allSatisfy(\.self) && again == [false, true])
    }

    @Test("lets no heartbeat live in pods that feed each other in circles, at any speed", arguments: 0..<40)
    func circles(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let simulation = CircleSimulation(podCount: 12, beatCount: 20, &random)
        let relayed = simulation.run(&random)
        // Each pod passes each beat on once at most.
        #expect(relayed <= 12 * 20, "seed \(seed)")
    }
}

/// Pods each of which is fed by one of the others, or by itself: circles, with trees behind them. The log's
/// heartbeats come to one of them for a while, then to none.
private struct CircleSimulation {
    private let feeds: [[Int]]
    private let beatCount: Int

    init(podCount: Int, beatCount: Int, _ random: inout SplitMix64) {
        var feeds = [[Int]](repeating: [], count: podCount)
        for pod in 0..<podCount { feeds[Int(random.next() % UInt64(podCount))].append(pod) }
        self.feeds = feeds
        self.beatCount = beatCount
    }

    /// Until nothing is under way any more, or so much was passed on that it never ends.
    /// - Returns: how often a heartbeat was passed on.
    func run(_ random: inout SplitMix64) -> Int {
        var log = Beats(run: random.next(), at: .zero)
        var heard = [HeardBeats](repeating: HeardBeats(), count: feeds.count)
        var underWay: [(due: Duration, pod: Int, beat: Beat)] = (0..<beatCount).map { number in
            (.seconds(number), 0, log.next(at: .seconds(number)))
        }
        var relayed = 0
        while let next = underWay.indices.min(by: { underWay[$0].due < underWay[$1].due }), relayed < 10_000 {
            let (now, pod, beat) = underWay.remove(at: next)
            guard heard[pod].isNews(beat) else { continue }
            relayed += 1
            for child in feeds[pod] {
                // From a local network's time to one that is slower than the log's repetition.
                let delay = Duration.microseconds(Int(random.next() % 5_000_000))
                underWay.append((now + delay, child, beat))
            }
        }
        return relayed
    }
}
