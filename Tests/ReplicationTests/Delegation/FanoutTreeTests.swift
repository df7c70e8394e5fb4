import LogLine
import Replication
import TestSupport
import Testing

@Suite("A tree in which replicas feed replicas")
struct FanoutTreeTests {
    /// As many sound replicas as named, which came in this order.
    private func tree(fanout: Int, _ names: [ReplicaID]) -> TreeOracle {
        var oracle = TreeOracle(fanout: fanout)
        for name in names { oracle.heard(name, .sound) }
        return oracle
    }

    private func feeders(_ oracle: TreeOracle) -> [ReplicaID: Feeder] {
        oracle.conditions.keys.reduce(into: [:]) { $0[$1] = oracle.tree.feeder(of: $1) }
    }

    @Test("Replicas fill it from the log on, and nobody feeds more than the fan-out")
    func fills() {
        let oracle = tree(
            fanout: 2, [named("a"), named("b"), named("c"), named("d"), named("e"), named("f"), named("g")])
        #expect(
            feeders(oracle) == [
                named("a"): .log, named("b"): .log, named("c"): .replica(named("a")),
                named("d"): .replica(named("b")), named("e"): .replica(named("a")),
                named("f"): .replica(named("b")), named("g"): .replica(named("c")),
            ])
        #expect(oracle.violations.isEmpty && oracle.tree.depth(of: named("g")) == 3)
    }

    @Test("Who is not ready yet feeds nobody: the others wait for a place until somebody is")
    func starting() {
        var oracle = TreeOracle(fanout: 2)
        for name in [named("a"), named("b"), named("c"), named("d")] { oracle.heard(name, .starting) }
        #expect(oracle.tree.waitingCount == 2 && oracle.tree.feeder(of: named("c")) == nil)
        oracle.heard(named("b"), .sound, follows: .log)
        #expect(
            oracle.tree.feeder(of: named("c")) == .replica(named("b"))
                && oracle.tree.feeder(of: named("d")) == .replica(named("b")))
        #expect(oracle.violations.isEmpty)
    }

    @Test("A sound replica takes the place of one that is not ready or lags, when there is no other")
    func eviction() {
        var oracle = TreeOracle(fanout: 1)
        oracle.heard(named("new"), .starting)
        oracle.heard(named("sound"), .sound)
        #expect(
            oracle.tree.feeder(of: named("sound")) == .log
                && oracle.tree.feeder(of: named("new")) == .replica(named("sound")))
        oracle.heard(named("sound"), .lagging, follows: .log)
        oracle.heard(named("other"), .sound)
        #expect(oracle.tree.feeder(of: named("other")) == .log && oracle.tree.depth(of: named("sound")) == 2)
        #expect(oracle.violations.isEmpty)
    }

    @Test("Those that a silent, leaving or restarted one fed get another place at once", arguments: 0..<3)
    func reparenting(way: Int) {
        var oracle = tree(fanout: 2, [named("a"), named("b"), named("c"), named("d"), named("e")])
        let before = oracle.reliableEdges
        switch way {
        case 0: oracle.silence(named("a"))
        case 1: oracle.remove(named("a"))
        default: oracle.heard(named("a"), .starting)
        }
        #expect(oracle.tree.fedCount(of: .replica(named("a"))) == 0 && oracle.violations.isEmpty)
        for name in [named("c"), named("e")] { #expect(oracle.tree.depth(of: name) != nil) }
        #expect(
            oracle.tree.feeder(of: named("b")) == .log
                && oracle.tree.feeder(of: named("d")) == .replica(named("b")))
        #expect(oracle.needlessMoves(since: before).isEmpty)
    }

    @Test("Who lost its feeder gets another one, which the suspect becomes again when it is heard of")
    func lost() {
        var oracle = tree(fanout: 2, [named("a"), named("b"), named("c")])
        oracle.heard(named("c"), .sound, lost: .replica(named("a")))
        #expect(oracle.tree.feeder(of: named("c")) == .replica(named("b")) && oracle.violations.isEmpty)
        oracle.heard(named("d"), .sound)
        #expect(oracle.tree.feeder(of: named("d")) == .replica(named("b")), "nobody is given to a suspect")
        oracle.heard(named("a"), .sound, follows: .log)
        oracle.heard(named("e"), .sound)
        #expect(oracle.tree.feeder(of: named("e")) == .replica(named("a")))
    }

    @Test("A suspect gives its place to the one that lost it, where there is no other")
    func suspectOfAChain() {
        var oracle = tree(fanout: 1, [named("a"), named("b"), named("c")])
        oracle.heard(named("b"), .sound, lost: .replica(named("a")))
        #expect(
            oracle.tree.feeder(of: named("b")) == .log
                && oracle.tree.feeder(of: named("c")) == .replica(named("b")))
        #expect(oracle.tree.feeder(of: named("a")) == .replica(named("c")) && oracle.violations.isEmpty)
    }

    @Test("A feeder that was lost is given again only when there is no other")
    func avoidance() {
        var oracle = tree(fanout: 2, [named("a"), named("b"), named("c")])
        oracle.heard(named("c"), .sound, lost: .replica(named("a")))
        oracle.heard(named("a"), .sound, follows: .log)
        oracle.remove(named("b"))
        #expect(oracle.tree.feeder(of: named("c")) == .log)
        oracle.heard(named("b"), .sound)
        #expect(oracle.tree.feeder(of: named("b")) == .replica(named("a")) && oracle.violations.isEmpty)
    }

    @Test("Who loses one feeder after the other tries all of them before it gets one for the second time")
    func avoidanceOfMany() {
        var oracle = tree(fanout: 3, [named("a"), named("b"), named("c"), named("z")])
        var tried: [Feeder?] = []
        for _ in 0..<4 {
            guard case .replica(let name)? = oracle.tree.feeder(of: named("z")) else { break }
            tried.append(.replica(name))
            oracle.heard(named("z"), .starting, lost: .replica(name))
            oracle.heard(name, .sound, follows: .log)
        }
        #expect(tried == ["a", "b", "c", "a"].map { .replica(named($0)) } && oracle.violations.isEmpty)
    }

    @Test("Where one lags whose feeder does not, those behind it move while there is room elsewhere")
    func lagging() {
        var oracle = tree(fanout: 2, [named("a"), named("b"), named("c"), named("d"), named("e")])
        // c and e are behind a, d behind b.
        for name in [named("e"), named("c")] { oracle.heard(name, .lagging, follows: .replica(named("a"))) }
        #expect(
            oracle.tree.feeder(of: named("c")) == .replica(named("a")),
            "they lag, and nobody behind them suffers")
        oracle.heard(named("a"), .lagging, follows: .log)
        #expect(
            oracle.tree.feeder(of: named("c")) == .replica(named("b"))
                && oracle.tree.fedCount(of: .replica(named("a"))) == 0)
        #expect(oracle.tree.feeder(of: named("e")) == .replica(named("d")) && oracle.violations.isEmpty)
    }

    @Test("Those behind a lagging one stay where there is no better place, so also when all lag")
    func burst() {
        var oracle = tree(fanout: 1, [named("a"), named("b"), named("c"), named("d")])
        let before = feeders(oracle)
        for name in [named("b"), named("c"), named("a"), named("d")] { oracle.heard(name, .lagging) }
        #expect(feeders(oracle) == before && oracle.violations.isEmpty)
    }

    @Test("A log that knows nobody adopts the edges that it is told of, in whatever order", arguments: 0..<20)
    func adoption(seed: UInt64) {
        let names = (0..<40).map { named("pod-\($0)") }
        let old = tree(fanout: 3, names)
        var random = SplitMix64(seed: seed)
        var oracle = TreeOracle(fanout: 3)
        for name in names.shuffled(using: &random) {
            oracle.heard(name, .sound, follows: old.tree.feeder(of: name))
            #expect(oracle.violations.isEmpty, "seed \(seed)")
        }
        #expect(feeders(oracle) == feeders(old), "seed \(seed)")
        oracle.endAdoption()
        #expect(feeders(oracle) == feeders(old) && oracle.violations.isEmpty)
    }

    @Test("Edges to one that never comes are given up when the adoption ends")
    func vainAdoption() {
        var oracle = TreeOracle(fanout: 2)
        oracle.heard(named("a"), .sound, follows: .replica(named("gone")))
        #expect(
            oracle.tree.feeder(of: named("a")) == .replica(named("gone"))
                && oracle.tree.depth(of: named("a")) == nil)
        oracle.endAdoption()
        #expect(oracle.tree.feeder(of: named("a")) == .log && oracle.violations.isEmpty)
    }

    @Test("What cannot be is not adopted: circles, itself, more than the fan-out")
    func impossibleClaims() {
        var oracle = TreeOracle(fanout: 1)
        oracle.heard(named("a"), .sound, follows: .replica(named("b")))
        oracle.heard(named("b"), .sound, follows: .replica(named("a")))
        #expect(oracle.violations.isEmpty)
        oracle.heard(named("c"), .sound, follows: .replica(named("c")))
        oracle.heard(named("d"), .sound, follows: .log)
        #expect(oracle.violations.isEmpty && oracle.tree.depth(of: named("d")) != nil)
    }

    @Test("Whatever is said in whatever order, the invariant holds after every word", arguments: 0..<40)
    func anyWords(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let names = (0..<12).map { named("r\($0)") }
        var oracle = TreeOracle(fanout: 1 + random.below(3))
        for step in 0..<300 {
            let before = oracle.reliableEdges
            let name = random.element(names)
            var lost: Feeder?
            switch random.below(10) {
            case 0: oracle.remove(name)
            case 1: oracle.silence(name)
            case 2 where step > 100: oracle.endAdoption()
            case 3:
                lost = random.oneIn(2) ? oracle.tree.feeder(of: name) : .replica(random.element(names))
                oracle.heard(name, .sound, lost: lost)
            default:
                let claim: Feeder? = random.oneIn(3) ? .replica(random.element(names)) : .log
                let condition = random.element([ReplicaCondition.sound, .sound, .sound, .lagging, .starting])
                oracle.heard(name, condition, follows: claim)
            }
            #expect(oracle.violations == [], "seed \(seed), step \(step)")
            let moved = oracle.needlessMoves(since: before, except: lost == nil ? [] : [name])
            #expect(moved == [], "seed \(seed), step \(step)")
        }
    }
}
