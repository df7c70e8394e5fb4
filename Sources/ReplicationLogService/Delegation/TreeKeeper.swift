import EventLoop
import LogLine
import Operations
import Replication

/// Names, in the answers to reports, from whom each pod of the tree gets its lines: the shell around
/// `FanoutTree`.
///
/// A pod is told at its next report, a second later at most; one that lost its feeder reports at once. Pods
/// that do not ask are no part of the tree: those with FOLLOW=tail read from the log beside it.
@LoopActor
final class TreeKeeper {
    private var tree: FanoutTree
    private let replicas: ReplicaWatch
    private var members: Set<ReplicaID> = []
    private var timer: LoopTimer?
    private var adoption: LoopTimer?

    /// How often it looks for pods that have fallen silent or are gone.
    private static let lookInterval = Duration.milliseconds(250)
    /// How long after its start the log keeps edges to pods that it has not heard of.
    private static let adoptionTime = Duration.seconds(5)

    init(fanout: Int, replicas: ReplicaWatch, metrics: Metrics) {
        tree = FanoutTree(fanout: fanout)
        self.replicas = replicas
        timer = LoopTimer(every: Self.lookInterval) { [unowned self] in lookAround() }
        adoption = LoopTimer { [unowned self] in tree.endAdoption() }
        adoption?.schedule(after: Self.adoptionTime)
        replicas.assign = { [unowned self] in assign($0) }
        registerMetrics(metrics)
    }

    /// A pod that wants to be fed has reported; the registry has judged the report already.
    private func assign(_ report: ReplicaReport) -> UpstreamAssignment? {
        let id = report.replicaID
        guard let replica = replicas.registry.replicas[id] else {
            // It leaves, and is fed to its end: who comes after it may have its place.
            let last = assignment(of: id)
            forget(id)
            return last
        }
        guard replica.report == report else { return assignment(of: id) }
        members.insert(id)
        tree.heard(
            id, condition(of: replica), follows: Feeder(report.following),
            lost: report.lost.map(Feeder.replica))
        return assignment(of: id)
    }

    private func assignment(of id: ReplicaID) -> UpstreamAssignment? {
        guard let feeder = tree.feeder(of: id) else { return nil }
        var address: String?
        if case .replica(let name) = feeder { address = replicas.registry.replicas[name]?.report.address }
        return UpstreamAssignment(node: feeder, address: address, tier: tree.depth(of: id))
    }

    /// Who cannot be reached feeds nobody, however sound it is.
    private func condition(of replica: ReplicaRegistry.Replica) -> ReplicaCondition {
        switch replicas.registry.state(of: replica, at: replicas.now) {
        case .ready: replica.report.address == nil ? .starting : .sound
        case .lagging: .lagging
        case .catchingUp: .starting
        case .silent: .silent
        }
    }

    private func lookAround() {
        for id in members {
            guard let replica = replicas.registry.replicas[id] else {
                forget(id)
                continue
            }
            if condition(of: replica) == .silent { tree.silence(id) }
        }
    }

    private func forget(_ id: ReplicaID) {
        members.remove(id)
        tree.remove(id)
    }

    private func registerMetrics(_ metrics: Metrics) {
        metrics.gauge("chat_log_tree_replicas", "Pods that are part of the tree.") { [unowned self] in
            Double(members.count)
        }
        metrics.gauge("chat_log_tree_fed_replicas", "Pods of the tree that the log itself feeds.") {
            [unowned self] in Double(tree.fedCount(of: .log))
        }
        metrics.gauge("chat_log_tree_waiting_replicas", "Pods for which the tree has no place yet.") {
            [unowned self] in Double(tree.waitingCount)
        }
        metrics.counter("chat_log_tree_assignments_total", "Times a pod was given somebody to feed it.") {
            [unowned self] in UInt64(tree.assignments)
        }
    }
}

extension Feeder {
    /// Nil: nobody, or Redis, which is nobody of the tree.
    init?(_ following: ReplicaReport.Following) {
        switch following {
        case .redis, .nowhere: return nil
        case .log: self = .log
        case .replica(let id): self = .replica(id)
        }
    }
}
