import LogLine
import Replication
import TestSupport

/// Hundreds of replicas that build their tree with a log, in steps of a tenth of a second: they join, die,
/// freeze, are cut off, lag and leave; reports get lost; the log restarts and knows nobody. What flows along
/// the edges is only whether the log is alive: who hears nothing for three seconds says that it lost its
/// feeder.
final class TreeSimulation {
    static let silenceSteps = 30
    static let reportEverySteps = 10
    static let windowSteps = 600
    static let adoptionSteps = 50
    /// From the log's first byte until a replica is ready.
    static let startSteps = 4
    static let faultySteps = 600

    final class Pod {
        let name: ReplicaID
        let phase: Int
        var feeder: Feeder?
        var lost: Feeder?
        /// Since when nothing was heard from the log.
        var silentSteps = 0
        var heardSteps = 0
        var isReady = false
        var isLagging = false
        /// Neither reports nor feeds until then; its connections stay open.
        var frozenUntil = 0

        init(_ name: ReplicaID, phase: Int) {
            self.name = name
            self.phase = phase
        }
    }

    let seed: UInt64
    private(set) var pods: [ReplicaID: Pod] = [:]
    private(set) var violations: [String] = []
    private(set) var step = 0
    private(set) var restarts = 0
    private let fanout: Int
    private var random: SplitMix64
    private var oracle: TreeOracle
    private var lastHeard: [ReplicaID: Int] = [:]
    private var logStartedAt = 0
    private var logDownUntil = 0
    private var joined = 0
    private var isFaulty = true

    init(seed: UInt64, fanout: Int, count: Int) {
        self.seed = seed
        self.fanout = fanout
        random = SplitMix64(seed: seed)
        oracle = TreeOracle(fanout: fanout)
        for _ in 0..<count { join() }
    }

    /// Runs with faults, then without, until all agree; returns how many steps that took, nil: too many.
    func run(settleStepsMax: Int) -> Int? {
        while step < Self.faultySteps, violations.isEmpty { advance() }
        isFaulty = false
        logDownUntil = step
        for pod in pods.values { (pod.frozenUntil, pod.isLagging) = (step, false) }
        let start = step
        while !hasConverged, step - start < settleStepsMax, violations.isEmpty { advance() }
        return hasConverged ? step - start : nil
    }

    /// Every replica is ready and gets lines from the one that the log named, along a way that begins at the
    /// log; nobody feeds too many.
    var hasConverged: Bool {
        var counts: [Feeder: Int] = [:]
        for pod in pods.values {
            guard let feeder = pod.feeder, pod.isReady, pod.silentSteps == 0 else { return false }
            guard oracle.tree.feeder(of: pod.name) == feeder else { return false }
            counts[feeder, default: 0] += 1
        }
        return counts.values.allSatisfy { $0 <= fanout } && oracle.tree.waitingCount == 0
    }

    private var isLogUp: Bool { step >= logDownUntil }

    private func advance() {
        step += 1
        if isFaulty { strike() }
        beat()
        let before = oracle.reliableEdges
        let startBefore = logStartedAt
        var named: Set<ReplicaID> = []
        for name in pods.keys.sorted() { if report(name) { named.insert(name) } }
        if isLogUp { lookAround() }
        for violation in oracle.violations { violations.append("seed \(seed), step \(step): \(violation)") }
        if startBefore == logStartedAt {
            for moved in oracle.needlessMoves(since: before, except: named) {
                violations.append("seed \(seed), step \(step): \(moved) moved without need")
            }
        }
    }

    /// The log's word goes along the edges that there are.
    private func beat() {
        var fed: [Feeder: [Pod]] = [:]
        for pod in pods.values { if let feeder = pod.feeder { fed[feeder, default: []].append(pod) } }
        var level: [Feeder] = isLogUp ? [.log] : []
        for pod in pods.values { pod.silentSteps += 1 }
        while let feeder = level.popLast() {
            for pod in fed[feeder] ?? [] where pod.frozenUntil <= step {
                hear(pod)
                level.append(.replica(pod.name))
            }
        }
    }

    private func hear(_ pod: Pod) {
        pod.silentSteps = 0
        pod.heardSteps += 1
        if pod.heardSteps >= Self.startSteps { pod.isReady = true }
    }

    /// True when it said that it lost its feeder.
    private func report(_ name: ReplicaID) -> Bool {
        guard let pod = pods[name], pod.frozenUntil <= step else { return false }
        if let feeder = pod.feeder, pod.silentSteps >= Self.silenceSteps || isBroken(feeder) {
            pod.lost = feeder
            pod.feeder = nil
        }
        let isDue = (step + pod.phase) % Self.reportEverySteps == 0
        guard isDue || pod.lost != nil, isLogUp, !(isFaulty && random.oneIn(10)) else { return false }
        lastHeard[name] = step
        let condition: ReplicaCondition = !pod.isReady ? .starting : pod.isLagging ? .lagging : .sound
        oracle.heard(name, condition, follows: pod.feeder, lost: pod.lost)
        let hasLost = pod.lost != nil
        pod.lost = nil
        let assigned = oracle.tree.feeder(of: name)
        if assigned != pod.feeder { (pod.feeder, pod.silentSteps) = (assigned, 0) }
        return hasLost
    }

    private func isBroken(_ feeder: Feeder) -> Bool {
        guard case .replica(let name) = feeder else { return !isLogUp }
        return pods[name] == nil
    }

    private func lookAround() {
        for (name, at) in lastHeard.sorted(by: { $0.key < $1.key }) {
            if step - at > Self.windowSteps {
                lastHeard[name] = nil
                oracle.remove(name)
            } else if step - at > Self.silenceSteps {
                oracle.silence(name)
            }
        }
        if step - logStartedAt == Self.adoptionSteps { oracle.endAdoption() }
    }

    // MARK: Faults

    private func join() {
        joined += 1
        let name = ReplicationTests.named("pod-\(joined)")
        pods[name] = Pod(name, phase: random.below(Self.reportEverySteps))
    }

    private func strike() {
        guard random.oneIn(3), let pod = pods[random.element(pods.keys.sorted())] else { return }
        switch random.below(12) {
        case 0, 1: join()
        case 2...3 where pods.count > 3:
            pods[pod.name] = nil
        case 4 where pods.count > 3: leave(pod)
        case 5, 6: pod.frozenUntil = step + random.below(80)
        case 7, 8: pod.isLagging.toggle()
        case 9: restartPod(pod)
        case 10 where random.oneIn(8): restartLog()
        default: break
        }
    }

    private func leave(_ pod: Pod) {
        pods[pod.name] = nil
        guard isLogUp else { return }
        lastHeard[pod.name] = nil
        oracle.remove(pod.name)
    }

    /// Under the same name, at once: those it feeds notice, it begins anew.
    private func restartPod(_ pod: Pod) {
        for child in pods.values where child.feeder == .replica(pod.name) {
            (child.lost, child.feeder) = (child.feeder, nil)
        }
        pods[pod.name] = Pod(pod.name, phase: pod.phase)
    }

    private func restartLog() {
        restarts += 1
        logDownUntil = step + random.below(60)
        logStartedAt = logDownUntil
        lastHeard = [:]
        oracle = TreeOracle(fanout: fanout)
    }
}
