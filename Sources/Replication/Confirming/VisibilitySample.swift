import LogLine

/// How long a line takes from being durable to being visible on every ready pod. Pure.
///
/// A pod that goes silent, leaves or starts anew meanwhile is not waited for; one that only is slow is, until
/// `ConfirmationLimits.sampleTimeout`.
public struct VisibilitySample: Sendable {
    public struct Outcome: Equatable, Sendable {
        public let took: Duration
        public let slowest: ReplicaID
    }

    public enum Verdict: Equatable, Sendable {
        case waiting
        case over(Outcome)
        /// No pod was left to wait for.
        case void
    }

    public let offset: Offset
    private let since: Duration
    /// Who has not reported it yet, by incarnation.
    private var missing: [ReplicaID: UInt64]
    private var last: ReplicaID?

    /// Nil: there is no ready pod.
    public init?(_ offset: Offset, _ registry: ReplicaRegistry, at now: Duration) {
        self.offset = offset
        since = now
        missing = registry.replicas.filter { Self.isAwaited(registry.state(of: $0.value, at: now)) }
            .mapValues(\.report.incarnation)
        guard !missing.isEmpty else { return nil }
    }

    public mutating func observe(_ registry: ReplicaRegistry, at now: Duration) -> Verdict {
        for (id, incarnation) in missing.sorted(by: { $0.key < $1.key }) {
            guard let replica = registry.replicas[id], replica.report.incarnation == incarnation,
                Self.isAwaited(registry.state(of: replica, at: now))
            else {
                missing[id] = nil
                continue
            }
            guard let confirmed = registry.confirmed(by: replica), confirmed >= offset else { continue }
            missing[id] = nil
            last = id
        }
        let isLate = now - since >= ConfirmationLimits.sampleTimeout
        guard missing.isEmpty || isLate else { return .waiting }
        guard let slowest = missing.keys.min() ?? last else { return .void }
        return .over(Outcome(took: now - since, slowest: slowest))
    }

    private static func isAwaited(_ state: ReplicaRegistry.State) -> Bool {
        switch state {
        case .ready, .lagging: true
        case .catchingUp, .silent: false
        }
    }
}
