import EventLoop
import LogLine
import Operations
import Replication

/// Tells the log of this pod: each second, when the log asks, and when something has changed.
///
/// Happy path: over Redis, at most once a turn of the loop. Where Redis does not bring us the log's
/// heartbeats, by HTTP: one report under way at a time, what comes meanwhile makes one more. A report that
/// is lost is made up for by the next one, a second later at most; while somebody waits, the log repeats its
/// question.
@LoopActor
final class Reporter {
    struct Identity {
        let replicaID: ReplicaID
        let incarnation: UInt64
    }

    /// Where other pods reach this one.
    var address: String?
    /// Who feeds this pod, where the log names that; nil: Redis or the log does.
    var place: (@LoopActor () -> ReplicaReport.Following)?
    /// Reports go by HTTP, whose answers name a pod that is to feed this one.
    var wantsUpstream = false
    /// A pod that no longer feeds this one, until the log has been told.
    var lost: ReplicaID?
    /// The log answered a report by HTTP.
    var onAnswer: (@LoopActor (ReportAnswer) -> Void)?

    private let identity: Identity
    private let replica: Replica
    private let upstream: any LogUpstream
    private var asks = ConfirmationAsks()
    private var sequence: UInt64 = 0
    private var isLeaving = false
    private var isQueued = false
    private var isUnderWay = false
    /// Something was to be said while a report was under way.
    private var isDueAgain = false
    private var timer: LoopTimer?
    private let delayed: DelayedReports?
    private let overBus: Counter
    private let overHTTP: Counter
    private let failed: Counter

    /// - Parameter simulatedDelay: by how much every report is held back on purpose.
    init(
        _ identity: Identity, replica: Replica, upstream: any LogUpstream, simulatedDelay: SimulatedDelay?,
        metrics: Metrics
    ) {
        self.identity = identity
        delayed = simulatedDelay.map { DelayedReports($0) }
        self.replica = replica
        self.upstream = upstream
        func counter(_ way: String) -> Counter {
            metrics.counter(
                "chat_pod_reports_total", "Reports of this pod to the log.", labels: ["way": way])
        }
        overBus = counter("redis")
        overHTTP = counter("http")
        failed = metrics.counter(
            "chat_pod_failed_reports_total", "Reports by HTTP that the log did not take or not answer.")
        timer = LoopTimer { [unowned self] in reportSoon() }
        timer?.schedule(after: ReplicaLimits.reportInterval)
    }

    /// At the end of this turn.
    func reportSoon() {
        guard !isQueued else { return }
        isQueued = true
        EventLoop.shared.execute { [weak self] in
            self?.isQueued = false
            self?.report()
        }
    }

    /// The log asks for a report as soon as everything up to `offset` is applied.
    func asked(_ offset: Offset) {
        if asks.ask(offset, applied: replica.source.index.last) { reportSoon() }
    }

    func applied(_ offset: Offset) {
        if asks.applied(offset) { reportSoon() }
    }

    /// The history was given up.
    func discarded() {
        asks = ConfirmationAsks()
        reportSoon()
    }

    /// The pod stops: says so, and nothing more.
    func leave() {
        report(leaving: true)
        isLeaving = true
    }

    // MARK: Private

    private func report(leaving: Bool = false) {
        guard !isLeaving else { return }
        timer?.schedule(after: ReplicaLimits.reportInterval)
        if isUnderWay, !leaving {
            isDueAgain = true
            return
        }
        sequence += 1
        var report = ReplicaReport(
            replicaID: identity.replicaID, incarnation: identity.incarnation, sequence: sequence,
            epoch: replica.source.epoch, offset: replica.source.index.last,
            digest: replica.source.index.digest, following: following, isReady: replica.isReady)
        report.address = address
        report.isLeaving = leaving
        report.wantsUpstream = wantsUpstream
        report.lost = lost
        report.heard = replica.heardBeat
        guard let delayed else { return send(report) }
        report.simulatedDelay = delayed.delay.description
        delayed.hold(report) { [weak self] in self?.send($0) }
    }

    private var following: ReplicaReport.Following {
        if let place { return place() }
        return replica.lineSource == .redis ? .redis : .log
    }

    private func send(_ report: ReplicaReport) {
        if !wantsUpstream, replica.publish(report) { return overBus.increment() }
        // While a held-back one is under way.
        guard !isUnderWay || report.isLeaving else { return isDueAgain = true }
        isUnderWay = true
        upstream.report(report) { [weak self] in self?.answered($0, lost: report.lost) }
    }

    private func answered(_ result: Result<ReportAnswer, Problem>, lost reported: ReplicaID?) {
        isUnderWay = false
        switch result {
        case .success(let answer):
            overHTTP.increment()
            if lost == reported { lost = nil }
            onAnswer?(answer)
        case .failure: failed.increment()
        }
        guard isDueAgain else { return }
        isDueAgain = false
        reportSoon()
    }
}
