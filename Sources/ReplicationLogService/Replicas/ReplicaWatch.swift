import EventLoop
import LogLine
import Operations
import Replication

/// Keeps what the pods say of themselves: the shell around `ReplicaRegistry`.
///
/// What comes over Redis may be a report that was sent before: of a pod that is gone, or to a run of this log
/// that is over. So, with a secret, a report there counts only when it names a heartbeat of this run that is
/// younger than `ReplicaLimits.heardAgeMax` and than the window, in which the registry knows a report of an
/// incarnation from an earlier one. Who reports by HTTP shows the secret itself.
@LoopActor
public final class ReplicaWatch {
    /// Who is to feed a pod that asks for it with its report; nil: nobody assigns upstreams.
    public var assign: (@LoopActor (ReplicaReport) -> UpstreamAssignment?)?
    /// What is known of a pod has changed, or pods are gone.
    public var onChange: (@LoopActor () -> Void)?

    /// The same, for the confirmations.
    var onReport: @LoopActor () -> Void = {}
    /// Appends further members to the object of `GET /replicas`.
    var extraState: @LoopActor (ByteBuffer) -> Void = { _ in }

    public private(set) var registry: ReplicaRegistry

    private let core: LogCore
    private let seal: BusSeal?
    private let pulse: Pulse
    private let log: DiagnosticLog
    private let roster: RosterKeeper?
    private let gate = RepetitionGate()
    private let reports: Counter
    private let refused: Counter
    private var timer: LoopTimer?

    /// - Parameter roster: where the known pods are kept; nil: they are forgotten at the end.
    init(
        core: LogCore, pulse: Pulse, window: Duration, seal: BusSeal?, roster: RosterStorage?,
        metrics: Metrics, log: DiagnosticLog
    ) {
        self.core = core
        self.pulse = pulse
        self.seal = seal
        self.log = log
        self.roster = roster.map { RosterKeeper($0, log: log) }
        registry = ReplicaRegistry(epoch: core.epoch, window: window)
        reports = metrics.counter("chat_log_replica_reports_total", "Reports of pods that were taken.")
        refused = metrics.counter(
            "chat_log_refused_reports_total",
            "Reports of pods that count for nothing: late, repeated, malformed, forged, or of too many pods.")
        timer = LoopTimer(every: ReplicaLimits.reportInterval) { [unowned self] in age() }
        registerMetrics(metrics)
        if let remembered = self.roster?.remembered { registry.remember(remembered, at: now) }
    }

    public var identity: LogIdentity { core.identity }

    /// The log's clock.
    public var now: Duration { LoopClock.monotonic }

    func becameDurable(through offset: Offset) { registry.becameDurable(through: offset, at: now) }

    /// A report over Redis.
    func received(_ payload: UnsafeRawBufferPointer) {
        do throws(BusError) {
            let report = try ReplicaReport.decode(payload, seal: seal)
            // Not worth a word: after a restart of the log all pods name its former heartbeats for a moment.
            guard isFresh(report) else { return refused.increment() }
            take(report)
        } catch {
            refuse(error.detail)
        }
    }

    /// A report by HTTP.
    func answer(to report: ReplicaReport) -> (answer: ReportAnswer, namesUpstream: Bool) {
        let verdict = take(report)
        var upstream = report.wantsUpstream ? assign?(report) : nil
        // Another pod bears its name, or has just borne it: it is no part of the tree, and fed all the same.
        if verdict == .retired, report.wantsUpstream, upstream == nil { upstream = .log }
        let answer = ReportAnswer(epoch: core.epoch, offset: core.head, upstream: upstream)
        return (answer, report.wantsUpstream && assign != nil)
    }

    /// How many pods have applied `offset` right now.
    func count(_ requirement: ConfirmationRequirement, _ offset: Offset) -> ConfirmationResult {
        Confirmations.count(requirement, offset, registry, at: now)
    }

    // MARK: Private

    private func isFresh(_ report: ReplicaReport) -> Bool {
        // Without a secret whoever repeats a report can as well make one up.
        guard seal != nil else { return true }
        guard let heard = report.heard, let age = pulse.age(of: heard) else { return false }
        return age < min(ReplicaLimits.heardAgeMax, registry.window)
    }

    @discardableResult
    private func take(_ report: ReplicaReport) -> ReplicaRegistry.Verdict {
        let last = registry.replicas[report.replicaID]?.report
        let verdict = registry.take(report, head: core.head, at: now)
        switch verdict {
        case .taken:
            reports.increment()
            if last?.incarnation != report.incarnation { tellOfNew(report) }
        case .left:
            reports.increment()
            log.info("a replica leaves", ["replica": .init(report.replicaID)])
        case .stale: refused.increment()
        case .retired:
            refuse("\(report.replicaID) reports as an incarnation that is over; do two pods have that name?")
        case .beyondHead: refuse("\(report.replicaID) says that it has applied more than there is")
        case .full: refuse("\(ReplicaLimits.replicasMax) other replicas are known")
        }
        if verdict == .taken || verdict == .left { tellOfChange() }
        if verdict == .left || (verdict == .taken && last == nil) { keep() }
        return verdict
    }

    private func keep() { roster?.save(ReplicaRoster.encode(registry)) }

    private func tellOfChange() {
        onReport()
        onChange?()
    }

    private func tellOfNew(_ report: ReplicaReport) {
        log.info(
            "heard of a replica",
            [
                "replica": .init(report.replicaID), "offset": .init(report.offset),
                "following": .init(report.following),
            ])
        guard let delay = report.simulatedDelay else { return }
        log.warning(
            "the replica holds its reports back on purpose",
            ["replica": .init(report.replicaID), "simulated_delay": .init(delay)])
    }

    private func refuse(_ reason: String) {
        refused.increment()
        guard let suppressed = gate.admit("report", at: .now) else { return }
        log.warning("refused a report\(RepetitionGate.note(suppressed))", ["reason": .init(reason)])
    }

    private func age() {
        let gone = registry.age(at: now)
        for id in gone {
            log.warning("a replica has been silent for too long, and counts no more", ["replica": .init(id)])
        }
        guard !gone.isEmpty else {
            roster?.retry()
            return
        }
        tellOfChange()
        keep()
    }

    private func registerMetrics(_ metrics: Metrics) {
        metrics.gauge("chat_log_replicas", "Pods that are known.") { [unowned self] in
            Double(registry.replicas.count)
        }
        func each(_ name: String, _ help: String, _ value: @escaping (ReplicaRegistry.Replica) -> Double) {
            metrics.gauges("chat_log_replica_\(name)", help, label: "replica") { [unowned self] in
                registry.replicas.sorted { $0.key < $1.key }.map { ($0.key.description, value($0.value)) }
            }
        }
        each("lag_entries", "Lines that the pod lacked when it last reported.") { Double($0.lag) }
        each("lag_seconds", "How long the first of them had been durable.") { $0.lagTime / .seconds(1) }
        each("last_heard_seconds", "How long ago the pod reported.") {
            (LoopClock.monotonic - $0.heardAt) / .seconds(1)
        }
    }
}
