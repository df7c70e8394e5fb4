import LogLine

/// How far the pods are, at one moment: what a write's requirement is held against.
struct ConfirmationTally: Sendable {
    /// Of all pods that are known, ascending; 0 for those that follow another log.
    private let known: [Offset]
    /// Of those that are ready and not silent, ascending.
    private let ready: [Offset]

    init(_ registry: ReplicaRegistry, at now: Duration) {
        var known: [Offset] = []
        var ready: [Offset] = []
        known.reserveCapacity(registry.replicas.count)
        for replica in registry.replicas.values {
            let offset = registry.confirmed(by: replica) ?? .zero
            known.append(offset)
            switch registry.state(of: replica, at: now) {
            case .ready, .lagging: ready.append(offset)
            case .catchingUp, .silent: break
            }
        }
        self.known = known.sorted()
        self.ready = ready.sorted()
    }

    /// How many of the pods that the requirement counts have applied `offset`, and how many it counts.
    func count(_ requirement: ConfirmationRequirement, _ offset: Offset) -> (confirmedBy: Int, of: Int) {
        let counted = requirement == .all ? ready : known
        var (low, high) = (0, counted.count)
        while low < high {
            let middle = (low + high) / 2
            if counted[middle] < offset { low = middle + 1 } else { high = middle }
        }
        return (counted.count - low, counted.count)
    }
}

/// Writes that wait until pods have applied them; each is settled by itself. Pure: times are durations since
/// any fixed moment, and never go back.
///
/// A pod counts for an offset when the newest word of its newest incarnation names our epoch and an offset
/// that is not before it. So an answer is true at the moment it is given: so many pods had applied the line.
/// It is not taken back when one of them is lost afterwards.
///
/// For `gatherTime` after the log's start majority and all are not granted: the pods that are not heard of
/// yet would not be counted. A number is granted at once.
public struct Confirmations: Sendable {
    public struct Outcome: Equatable, Sendable {
        public let number: Int
        public let isConfirmed: Bool
        public let confirmation: Confirmation
    }

    private struct Wait {
        let number: Int
        let offset: Offset
        let requirement: ConfirmationRequirement
        let since: Duration
        let deadline: Duration
    }

    private var waits: [Wait] = []
    private var lastNumber = 0
    private let startedAt: Duration

    public init(startedAt: Duration) { self.startedAt = startedAt }

    public var count: Int { waits.count }

    /// What the pods are to be asked for: the newest offset that somebody waits for.
    public var asked: Offset? { waits.map(\.offset).max() }

    /// - Returns: the wait's number; nil: too many wait already.
    public mutating func add(
        _ offset: Offset, _ requirement: ConfirmationRequirement, timeout: Duration, at now: Duration
    ) -> Int? {
        guard waits.count < ConfirmationLimits.waitsMax else { return nil }
        lastNumber += 1
        waits.append(
            Wait(
                number: lastNumber, offset: offset, requirement: requirement, since: now,
                deadline: now + timeout))
        return lastNumber
    }

    /// Nobody wants the answer any more.
    public mutating func cancel(_ numbers: Set<Int>) { waits.removeAll { numbers.contains($0.number) } }

    /// Settles the waits that are fulfilled, or whose time is over.
    public mutating func settle(_ registry: ReplicaRegistry, at now: Duration) -> [Outcome] {
        guard !waits.isEmpty else { return [] }
        let tally = ConfirmationTally(registry, at: now)
        let knowsAll = now - startedAt >= ConfirmationLimits.gatherTime
        var settled: [Outcome] = []
        waits.removeAll { wait in
            let (confirmedBy, of) = tally.count(wait.requirement, wait.offset)
            let isConfirmed = Self.isEnough(confirmedBy, of, wait.requirement, knowsAll: knowsAll)
            guard isConfirmed || now >= wait.deadline else { return false }
            settled.append(
                Outcome(
                    number: wait.number, isConfirmed: isConfirmed,
                    confirmation: Confirmation(confirmedBy: confirmedBy, of: of, took: now - wait.since)))
            return true
        }
        return settled
    }

    /// How many pods have applied `offset`, without waiting: not confirmed.
    public static func count(
        _ requirement: ConfirmationRequirement, _ offset: Offset, _ registry: ReplicaRegistry,
        at now: Duration
    ) -> ConfirmationResult {
        let (confirmedBy, of) = ConfirmationTally(registry, at: now).count(requirement, offset)
        return ConfirmationResult(
            isConfirmed: false, confirmation: Confirmation(confirmedBy: confirmedBy, of: of, took: .zero))
    }

    private static func isEnough(
        _ confirmedBy: Int, _ of: Int, _ requirement: ConfirmationRequirement, knowsAll: Bool
    ) -> Bool {
        switch requirement {
        case .durable: true
        case .replicas(let count): confirmedBy >= count
        case .majority: knowsAll && confirmedBy > of / 2
        case .all: knowsAll && of > 0 && confirmedBy == of
        }
    }
}
