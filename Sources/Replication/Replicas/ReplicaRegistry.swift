import LogLine

/// What a log knows of the pods that copy it, from their own reports. Pure: times are passed in, as durations
/// since any fixed moment, and never go back.
///
/// Happy path: a report that is newer than the last one of its pod takes its place.
/// What else there is:
/// - Another incarnation of a known pod: the old one is over; whatever of it comes late counts for nothing.
///   It is late for the window: who still speaks then, and whose name nobody else bears any more, was never
///   gone (two pods had one name for a while), and is known again.
/// - Another epoch, or none yet: the pod is heard of, and confirms nothing.
/// - An offset beyond the log's head: no pod of ours has that; it is refused.
/// - Leaving: the pod is gone at once, and its incarnation over.
/// - Silence: after `silentAfter` it shows, after the window the pod is gone.
/// - The log starts again: the pods that it knew before are known, and silent until they report.
public struct ReplicaRegistry: Sendable {
    public enum State: String, CaseIterable, Sendable {
        case ready
        /// Has not applied yet what was durable at its start, or follows another epoch.
        case catchingUp = "catching-up"
        /// Ready, but lacks a line that has been durable for `ReplicaLimits.laggingAfter`.
        case lagging
        /// Has not reported for `ReplicaLimits.silentAfter`.
        case silent
    }

    /// What became of a report.
    public enum Verdict: Sendable, Equatable {
        case taken
        /// The pod's last word was taken: it is known no more.
        case left
        /// Not newer than the one before it.
        case stale
        /// Of an incarnation that is over.
        case retired
        case beyondHead
        /// `ReplicaLimits.replicasMax` others are known.
        case full
    }

    public struct Replica: Sendable {
        /// Its newest.
        public let report: ReplicaReport
        /// Or since when it is waited for.
        public let heardAt: Duration
        /// A former run of the log knew it; this one has not heard of it.
        var isRemembered = false
        /// Lines that it lacked when it reported.
        public let lag: Int
        /// How long the first of them had been durable.
        public let lagTime: Duration
    }

    public let epoch: Epoch
    /// How long a pod counts as known after its last report.
    public let window: Duration
    public private(set) var replicas: [ReplicaID: Replica] = [:]
    private var times = DurableTimes()
    private var retired = RetiredIncarnations()

    public init(epoch: Epoch, window: Duration) {
        self.epoch = epoch
        self.window = window
    }

    // MARK: Events

    /// The log's lines are durable so far.
    public mutating func becameDurable(through offset: Offset, at now: Duration) {
        times.add(through: offset, at: now)
    }

    /// The pods that a former run of the log knew; their window begins now.
    public mutating func remember(_ reports: [ReplicaReport], at now: Duration) {
        for report in reports.prefix(ReplicaLimits.replicasMax) where replicas[report.replicaID] == nil {
            replicas[report.replicaID] = Replica(
                report: report, heardAt: now, isRemembered: true, lag: 0, lagTime: .zero)
        }
    }

    /// - Parameter head: the log's, when the report came.
    public mutating func take(_ report: ReplicaReport, head: Offset, at now: Duration) -> Verdict {
        let last = replicas[report.replicaID]?.report
        if let last, last.incarnation == report.incarnation {
            guard report.sequence > last.sequence else { return .stale }
        } else if let over = retired[report.incarnation], last != nil || now - over < window {
            return .retired
        }
        guard report.epoch != epoch || report.offset <= head else { return .beyondHead }
        guard last != nil || report.isLeaving || replicas.count < ReplicaLimits.replicasMax else {
            return .full
        }
        if let last, last.incarnation != report.incarnation { retired.insert(last.incarnation, at: now) }
        guard !report.isLeaving else {
            retired.insert(report.incarnation, at: now)
            replicas[report.replicaID] = nil
            return .left
        }
        let applied = report.epoch == epoch ? report.offset : .zero
        replicas[report.replicaID] = Replica(
            report: report, heardAt: now, lag: head - applied,
            lagTime: applied < head ? times.time(of: applied.next).map { now - $0 } ?? .zero : .zero)
        return .taken
    }

    /// Forgets the pods that have been silent for the window.
    /// - Returns: which.
    public mutating func age(at now: Duration) -> [ReplicaID] {
        let gone = replicas.filter { now - $0.value.heardAt >= window }.map(\.key)
        for id in gone { replicas[id] = nil }
        return gone
    }

    // MARK: Questions

    public func state(of replica: Replica, at now: Duration) -> State {
        if replica.isRemembered || now - replica.heardAt >= ReplicaLimits.silentAfter { return .silent }
        guard replica.report.isReady, replica.report.epoch == epoch else { return .catchingUp }
        return replica.lagTime >= ReplicaLimits.laggingAfter ? .lagging : .ready
    }

    /// Lines that the pod lacks, and how long the first of them has been durable: when it last reported, and
    /// of a silent one now, because it may not have taken anything since.
    /// - Parameter head: the log's, now.
    public func lag(of replica: Replica, head: Offset, at now: Duration) -> (lines: Int, time: Duration) {
        guard state(of: replica, at: now) == .silent else { return (replica.lag, replica.lagTime) }
        let applied = confirmed(by: replica) ?? .zero
        let time = applied < head ? times.time(of: applied.next).map { now - $0 } : nil
        return (head - applied, time ?? .zero)
    }

    /// How far the pod has applied our log, as it said itself; nil when it follows another epoch or none.
    public func confirmed(by replica: Replica) -> Offset? {
        replica.report.epoch == epoch ? replica.report.offset : nil
    }

    /// Of each pod: 1: fed by Redis or the log; else one more than the pod that feeds it. Left out where that
    /// is not known, and behind one that waits for a place. Constant time a pod.
    public var tiers: [ReplicaID: Int] {
        var found: [ReplicaID: Int?] = [:]
        for id in replicas.keys where found[id] == nil { resolve(id, &found) }
        return found.compactMapValues(\.self)
    }

    /// Walks from a pod to the first one whose tier is known, and back.
    private func resolve(_ id: ReplicaID, _ found: inout [ReplicaID: Int?]) {
        var chain: [ReplicaID] = []
        var next: ReplicaID? = id
        var root: ReplicaReport.Following?
        while let current = next, found[current] == nil, let replica = replicas[current] {
            // Whoever comes here again has gone in a circle: not known.
            found[current] = .some(nil)
            chain.append(current)
            root = replica.report.following
            if case .replica(let parent) = root { next = parent } else { next = nil }
        }
        var tier: Int? = root == .nowhere ? nil : 0
        if let next { tier = found[next] ?? nil }
        for current in chain.reversed() {
            tier = tier.map { $0 + 1 }
            found[current] = .some(tier)
        }
    }
}

/// Incarnations that are over, and since when: the newest `ReplicaLimits.retiredMax`.
struct RetiredIncarnations: Sendable {
    private var members: [UInt64: Duration] = [:]
    private var order = Queue<UInt64>()

    subscript(incarnation: UInt64) -> Duration? { members[incarnation] }

    mutating func insert(_ incarnation: UInt64, at now: Duration) {
        guard members.updateValue(now, forKey: incarnation) == nil else { return }
        order.append(incarnation)
        guard order.count > ReplicaLimits.retiredMax, let oldest = order.popFirst() else { return }
        members[oldest] = nil
    }
}
