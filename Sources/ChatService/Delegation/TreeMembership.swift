import EventLoop
import LogLine
import Replication

/// Makes a pod part of the tree: its reports say who feeds it and who no longer does, the log's answers name
/// the next one.
@LoopActor
enum TreeMembership {
    static func connect(_ upstream: DelegatedUpstream, _ reporter: Reporter, _ replica: Replica) {
        reporter.wantsUpstream = true
        reporter.place = { [weak upstream] in upstream?.feeder.map { .init($0) } ?? .nowhere }
        upstream.onNews = { [unowned upstream, unowned reporter] in
            reporter.lost = upstream.lost?.replicaID
            reporter.reportSoon()
        }
        reporter.onAnswer = { [unowned upstream, unowned reporter, unowned replica] answer in
            let position = Position(epoch: answer.epoch, offset: answer.offset)
            // First: nothing is taken from another pod before it is known how much there is.
            replica.headTold(position)
            upstream.answered(
                position, answer.upstream, told: reporter.lost == nil ? upstream.lost : nil)
        }
    }
}

extension ReplicaReport.Following {
    public init(_ feeder: Feeder) {
        switch feeder {
        case .log: self = .log
        case .replica(let id): self = .replica(id)
        }
    }
}

extension Feeder {
    /// Nil for the log.
    var replicaID: ReplicaID? {
        guard case .replica(let id) = self else { return nil }
        return id
    }
}
