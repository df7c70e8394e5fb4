import LogLine
import Testing

@testable import Replication

@Suite("What a log knows of its replicas")
final class ReplicaRegistryTests {
    private var registry = ReplicaRegistry(epoch: ownEpoch, window: .seconds(60))

    private func known(_ registry: ReplicaRegistry, _ name: String) throws -> ReplicaRegistry.Replica {
        try #require(registry.replicas[try replicaID(name)])
    }

    private func take(
        _ report: ReplicaReport, head: UInt64 = 100, at now: Duration = .zero
    ) -> ReplicaRegistry.Verdict {
        registry.take(report, head: Offset(head), at: now)
    }

    @Test("A newer report takes the place of an older one, never the other way round")
    func newest() throws {
        #expect(take(try report("a", 2, at: 20)) == .taken)
        #expect(take(try report("a", 1, at: 10)) == .stale)
        #expect(take(try report("a", 2, at: 90)) == .stale)
        #expect(try known(registry, "a").report.offset == Offset(20))
        #expect(take(try report("a", 3, at: 30)) == .taken)
        #expect(try known(registry, "a").report.offset == Offset(30))
    }

    @Test("A late report of a pod's former incarnation counts for nothing")
    func retired() throws {
        #expect(take(try report("a", incarnation: 1, 9, at: 90)) == .taken)
        #expect(take(try report("a", incarnation: 2, 1, at: 0)) == .taken)
        #expect(take(try report("a", incarnation: 1, 10, at: 95)) == .retired)
        #expect(try known(registry, "a").report.offset == .zero)
    }

    @Test("A pod whose name another one bore for a while is known again when its reports cannot be late ones")
    func sharedName() throws {
        #expect(take(try report("a", incarnation: 1, 1, at: 10)) == .taken)
        #expect(take(try report("a", incarnation: 2, 1, at: 10), at: .seconds(10)) == .taken)
        #expect(take(try report("a", incarnation: 1, 80, at: 10), at: .seconds(80)) == .retired)
        var last = try report("a", incarnation: 2, 2, at: 10)
        last.isLeaving = true
        #expect(take(last, at: .seconds(81)) == .left)
        #expect(take(try report("a", incarnation: 2, 3, at: 10), at: .seconds(100)) == .retired)
        #expect(take(try report("a", incarnation: 1, 100, at: 12), at: .seconds(100)) == .taken)
        #expect(take(try report("a", incarnation: 1, 101, at: 13), at: .seconds(101)) == .taken)
        #expect(try known(registry, "a").report.offset == Offset(13))
    }

    @Test("A pod that leaves is gone at once, and its late reports do not bring it back")
    func leaving() throws {
        #expect(take(try report("a", 5, at: 50)) == .taken)
        var last = try report("a", 7, at: 50)
        last.isLeaving = true
        #expect(take(last) == .left)
        #expect(registry.replicas.isEmpty)
        #expect(take(try report("a", 6, at: 50)) == .retired)
        #expect(take(try report("a", incarnation: 2, at: 0)) == .taken)
    }

    @Test("A pod that is silent falls behind with every line")
    func silentLag() throws {
        registry.becameDurable(through: Offset(10), at: .seconds(1))
        #expect(take(try report("a", 1, at: 10), head: 10, at: .seconds(2)) == .taken)
        registry.becameDurable(through: Offset(15), at: .seconds(3))
        let replica = try known(registry, "a")
        let soon = registry.lag(of: replica, head: Offset(15), at: .seconds(4))
        #expect(soon.lines == 0 && soon.time == .zero)
        let late = registry.lag(of: replica, head: Offset(15), at: .seconds(9))
        #expect(late.lines == 5 && late.time == .seconds(6))
    }

    @Test("A pod of another epoch is heard of and confirms nothing")
    func otherEpoch() throws {
        #expect(take(try report("a", epoch: Epoch(0xB), at: 500)) == .taken)
        #expect(take(try report("b", epoch: nil, at: 0)) == .taken)
        for name in ["a", "b"] {
            let replica = try known(registry, name)
            #expect(registry.confirmed(by: replica) == nil)
            #expect(replica.lag == 100)
            #expect(registry.state(of: replica, at: .zero) == .catchingUp)
        }
    }

    @Test("An offset that is not durable is refused")
    func beyondHead() throws {
        #expect(take(try report("a", at: 101)) == .beyondHead)
        #expect(registry.replicas.isEmpty)
        #expect(take(try report("a", at: 100)) == .taken)
    }

    @Test("A pod is ready, then silent, then gone")
    func ages() throws {
        _ = take(try report("a", at: 100), at: .seconds(10))
        let replica = try known(registry, "a")
        #expect(registry.state(of: replica, at: .seconds(12)) == .ready)
        #expect(registry.state(of: replica, at: .seconds(13)) == .silent)
        #expect(registry.age(at: .seconds(69)) == [])
        #expect(registry.age(at: .seconds(70)) == [try replicaID("a")])
        #expect(registry.replicas.isEmpty)
        #expect(take(try report("a", 2, at: 100), at: .seconds(80)) == .taken)
    }

    @Test("A pod that has not caught up yet says so")
    func catchingUp() throws {
        _ = take(try report("a", at: 1, ready: false))
        #expect(registry.state(of: try known(registry, "a"), at: .zero) == .catchingUp)
    }

    @Test("Lag is what was durable and not applied when the pod reported, in lines and in time")
    func lag() throws {
        registry.becameDurable(through: Offset(40), at: .seconds(1))
        registry.becameDurable(through: Offset(60), at: .seconds(2))
        registry.becameDurable(through: Offset(100), at: .milliseconds(2500))
        _ = take(try report("a", 1, at: 100), at: .seconds(3))
        #expect(try known(registry, "a").lag == 0)
        #expect(try known(registry, "a").lagTime == .zero)
        _ = take(try report("a", 2, at: 60), at: .seconds(3))
        #expect(try known(registry, "a").lag == 40)
        #expect(try known(registry, "a").lagTime == .milliseconds(500))
        #expect(registry.state(of: try known(registry, "a"), at: .seconds(3)) == .ready)
        _ = take(try report("a", 3, at: 59), at: .seconds(3))
        #expect(try known(registry, "a").lagTime == .seconds(1))
        #expect(registry.state(of: try known(registry, "a"), at: .seconds(3)) == .lagging)
    }

    @Test("No more pods are known than there is room for, and those that are known can still leave")
    func full() throws {
        for number in 0..<ReplicaLimits.replicasMax {
            _ = take(try report("pod-\(number)", incarnation: UInt64(number), at: 0))
        }
        #expect(take(try report("one-more", incarnation: 77_777, at: 0)) == .full)
        #expect(take(try report("pod-3", incarnation: 3, 2, at: 1)) == .taken)
        var last = try report("pod-4", incarnation: 4, 2, at: 1)
        last.isLeaving = true
        #expect(take(last) == .left)
        #expect(take(try report("one-more", incarnation: 77_777, at: 0)) == .taken)
    }

    @Test("The tier counts the pods between a pod and the log; a circle has none, and who waits has none")
    func tiers() throws {
        _ = take(try report("a", incarnation: 1, at: 0, following: .redis))
        _ = take(try report("b", incarnation: 2, at: 0, following: .replica(try replicaID("a"))))
        _ = take(try report("c", incarnation: 3, at: 0, following: .replica(try replicaID("b"))))
        _ = take(try report("d", incarnation: 4, at: 0, following: .replica(try replicaID("gone"))))
        _ = take(try report("e", incarnation: 5, at: 0, following: .replica(try replicaID("f"))))
        _ = take(try report("f", incarnation: 6, at: 0, following: .replica(try replicaID("e"))))
        _ = take(try report("g", incarnation: 7, at: 0, following: .nowhere))
        _ = take(try report("h", incarnation: 8, at: 0, following: .replica(try replicaID("g"))))
        let tiers = registry.tiers
        let found = try ["a", "b", "c", "d", "e", "f", "g", "h"].map { tiers[try replicaID($0)] }
        #expect(found == [1, 2, 3, nil, nil, nil, nil, nil])
    }

    @Test("The tiers of the longest chain there can be are found in no time")
    func longChain() throws {
        for number in 0..<ReplicaLimits.replicasMax {
            let parent = number == 0 ? nil : try replicaID("r\(number - 1)")
            _ = take(
                try report(
                    "r\(number)", incarnation: UInt64(number), at: 0,
                    following: parent.map { .replica($0) } ?? .redis))
        }
        let clock = ContinuousClock()
        var tiers: [ReplicaID: Int] = [:]
        #expect(clock.measure { tiers = registry.tiers } < .seconds(2))
        #expect(tiers[try replicaID("r\(ReplicaLimits.replicasMax - 1)")] == ReplicaLimits.replicasMax)
    }

    @Test("The pods of a former run are known and silent until they report, or their window is over")
    func remembered() throws {
        registry.remember([try report("a", 7, at: 90), try report("b", 7, at: 90)], at: .seconds(100))
        #expect(registry.state(of: try known(registry, "a"), at: .seconds(100)) == .silent)
        #expect(Confirmations.count(.majority, Offset(91), registry, at: .seconds(100)).confirmation.of == 2)
        #expect(take(try report("a", 7, at: 90), at: .seconds(101)) == .stale)
        #expect(take(try report("a", 8, at: 91), at: .seconds(101)) == .taken)
        #expect(registry.state(of: try known(registry, "a"), at: .seconds(101)) == .ready)
        #expect(
            Confirmations.count(.majority, Offset(91), registry, at: .seconds(101)).confirmation
                == Confirmation(confirmedBy: 1, of: 2, took: .zero))
        #expect(registry.age(at: .seconds(160)) == [try replicaID("b")])
        registry.remember([try report("a", 1, at: 0)], at: .seconds(161))
        #expect(try known(registry, "a").report.offset == Offset(91))
    }
}

@Suite("When lines became durable")
struct DurableTimesTests {
    @Test("is remembered for the newest batches; older lines count as old as the oldest of them")
    func ring() {
        var times = DurableTimes()
        #expect(times.time(of: Offset(1)) == nil)
        let count = ReplicaLimits.durableTimesMax + 10
        for number in 1...count { times.add(through: Offset(UInt64(number) * 10), at: .seconds(number)) }
        #expect(times.time(of: Offset(1)) == .seconds(11))
        #expect(times.time(of: Offset(120)) == .seconds(12))
        #expect(times.time(of: Offset(121)) == .seconds(13))
        #expect(times.time(of: Offset(UInt64(count) * 10)) == .seconds(count))
        #expect(times.time(of: Offset(UInt64(count) * 10 + 1)) == nil)
    }

    @Test("is told apart by the millisecond")
    func resolution() {
        var times = DurableTimes()
        times.add(through: Offset(1), at: .microseconds(5000))
        times.add(through: Offset(2), at: .microseconds(5900))
        times.add(through: Offset(3), at: .microseconds(6100))
        #expect(times.time(of: Offset(2)) == .microseconds(5000))
        #expect(times.time(of: Offset(3)) == .microseconds(6100))
    }
}

@Suite("What the log asked a pod to confirm")
final class ConfirmationAskTests {
    private var asks = ConfirmationAsks()

    private func ask(_ offset: UInt64, applied: UInt64) -> Bool {
        asks.ask(Offset(offset), applied: Offset(applied))
    }

    private func applied(_ offset: UInt64) -> Bool { asks.applied(Offset(offset)) }

    @Test("is reported at once when it is applied, also when it is asked again")
    func appliedBefore() {
        #expect(ask(5, applied: 5))
        #expect(ask(5, applied: 9))
        #expect(!applied(10))
    }

    @Test("is reported as soon as it is applied, each question once")
    func appliedLater() {
        #expect(!ask(10, applied: 3))
        #expect(!ask(20, applied: 3))
        #expect(!ask(15, applied: 3))
        #expect(!applied(9))
        #expect(applied(11))
        #expect(!applied(19))
        #expect(applied(20))
        #expect(!applied(21))
    }
}
