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
        let oracle = tree(fanout: 2, ["a", "b", "c", "d", "e", "f", "g"])
        #expect(
            feeders(oracle) == [
                "a": .log, "b": .log, "c": .replica("a"), "d": .replica("b"), "e": .replica("a"),
                "f": .replica("b"), "g": .replica("c"),
            ])
        #expect(oracle.violations.isEmpty && oracle.tree.depth(of: "g") == 3)
    }

    @Test("Who is not ready yet feeds nobody: the others wait for a place until somebody is")
    func starting() {
        var oracle = TreeOracle(fanout: 2)
        for name in ["a", "b", "c", "d"] as [ReplicaID] { oracle.heard(name, .starting) }
        #expect(oracle.tree.waitingCount == 2 && oracle.tree.feeder(of: "c") == nil)
        oracle.heard("b", .sound, follows: .log)
        #expect(oracle.tree.feeder(of: "c") == .replica("b") && oracle.tree.feeder(of: "d") == .replica("b"))
        #expect(oracle.violations.isEmpty)
    }

    @Test("A sound replica takes the place of one that is not ready or lags, when there is no other")
    func eviction() {
        var oracle = TreeOracle(fanout: 1)
        oracle.heard("new", .starting)
        oracle.heard("sound", .sound)
        #expect(oracle.tree.feeder(of: "sound") == .log && oracle.tree.feeder(of: "new") == .replica("sound"))
        oracle.heard("sound", .lagging, follows: .log)
        oracle.heard("other", .sound)
        #expect(oracle.tree.feeder(of: "other") == .log && oracle.tree.depth(of: "sound") == 2)
        #expect(oracle.violations.isEmpty)
    }

    @Test("Those that a silent, leaving or restarted one fed get another place at once", arguments: 0..<3)
    func reparenting(way: Int) {
        var oracle = tree(fanout: 2, ["a", "b", "c", "d", "e"])
        let before = oracle.reliableEdges
        switch way {
        case 0: oracle.silence("a")
        case 1: oracle.remove("a")
        default: oracle.heard("a", .starting)
        }
        #expect(oracle.tree.fedCount(of: .replica("a")) == 0 && oracle.violations.isEmpty)
        for name in ["c", "e"] as [ReplicaID] { #expect(oracle.tree.depth(of: name) != nil) }
        #expect(oracle.tree.feeder(of: "b") == .log && oracle.tree.feeder(of: "d") == .replica("b"))
        #expect(oracle.needlessMoves(since: before).isEmpty)
    }

    @Test("Who lost its feeder gets another one, which the suspect becomes again when it is heard of")
    func lost() {
        var oracle = tree(fanout: 2, ["a", "b", "c"])
        oracle.heard("c", .sound, lost: .replica("a"))
        #expect(oracle.tree.feeder(of: "c") == .replica("b") && oracle.violations.isEmpty)
        oracle.heard("d", .sound)
        #expect(oracle.tree.feeder(of: "d") == .replica("b"), "nobody is given to a suspect")
        oracle.heard("a", .sound, follows: .log)
        oracle.heard("e", .sound)
        #expect(oracle.tree.feeder(of: "e") == .replica("a"))
    }

    @Test("A suspect gives its place to the one that lost it, where there is no other")
    func suspectOfAChain() {
        var oracle = tree(fanout: 1, ["a", "b", "c"])
        oracle.heard("b", .sound, lost: .replica("a"))
        #expect(oracle.tree.feeder(of: "b") == .log && oracle.tree.feeder(of: "c") == .replica("b"))
        #expect(oracle.tree.feeder(of: "a") == .replica("c") && oracle.violations.isEmpty)
    }

    @Test("A feeder that was lost is given again only when there is no other")
    func avoidance() {
        var oracle = tree(fanout: 2, ["a", "b", "c"])
        oracle.heard("c", .sound, lost: .replica("a"))
        oracle.heard("a", .sound, follows: .log)
        oracle.remove("b")
        #expect(oracle.tree.feeder(of: "c") == .log)
        oracle.heard("b", .sound)
        #expect(oracle.tree.feeder(of: "b") == .replica("a") && oracle.violations.isEmpty)
    }

    @Test("Where one lags whose feeder does not, those behind it move while there is room elsewhere")
    func lagging() {
        var oracle = tree(fanout: 2, ["a", "b", "c", "d", "e"])
        // c and e are behind a, d behind b.
        for name in ["e", "c"] as [ReplicaID] { oracle.heard(name, .lagging, follows: .replica("a")) }
        #expect(oracle.tree.feeder(of: "c") == .replica("a"), "they lag, and nobody behind them suffers")
        oracle.heard("a", .lagging, follows: .log)
        #expect(oracle.tree.feeder(of: "c") == .replica("b") && oracle.tree.fedCount(of: .replica("a")) == 0)
        #expect(oracle.tree.feeder(of: "e") == .replica("d") && oracle.violations.isEmpty)
    }

    @Test("Those behind a lagging one stay where there is no better place, so also when all lag")
    func burst() {
        var oracle = tree(fanout: 1, ["a", "b", "c", "d"])
        let before = feeders(oracle)
        for name in ["b", "c", "a", "d"] as [ReplicaID] { oracle.heard(name, .lagging) }
        #expect(feeders(oracle) == before && oracle.violations.isEmpty)
    }

    @Test("A log that knows nobody adopts the edges that it is told of, in whatever order", arguments: 0..<20)
    func adoption(seed: UInt64) {
        let names = (0..<40).compactMap { ReplicaID("pod-\($0)") }
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
        oracle.heard("a", .sound, follows: .replica("gone"))
        #expect(oracle.tree.feeder(of: "a") == .replica("gone") && oracle.tree.depth(of: "a") == nil)
        oracle.endAdoption()
        #expect(oracle.tree.feeder(of: "a") == .log && oracle.violations.isEmpty)
    }

    @Test("What cannot be is not adopted: circles, itself, more than the fan-out")
    func impossibleClaims() {
        var oracle = TreeOracle(fanout: 1)
        oracle.heard("a", .sound, follows: .replica("b"))
        oracle.heard("b", .sound, follows: .replica("a"))
        #expect(oracle.violations.isEmpty)
        oracle.heard("c", .sound, follows: .replica("c"))
        oracle.heard("d", .sound, follows: .log)
        #expect(oracle.violations.isEmpty && oracle.tree.depth(of: "d") != nil)
    }

    @Test("Whatever is said in whatever order, the invariant holds after every word", arguments: 0..<40)
    func anyWords(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let names = (0..<12).compactMap { ReplicaID("r\($0)") }
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
