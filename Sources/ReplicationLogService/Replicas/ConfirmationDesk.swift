import EventLoop
import LogLine
import Operations
import Replication

/// Writes that wait for pods: the shell around `Confirmations`, and who asks the pods.
///
/// Happy path: a wait that is not fulfilled makes the log ask the pods with a heartbeat at the end of the
/// turn; their reports settle it. While there are waits the question is repeated, because it and the answers
/// can get lost. While waits keep coming, the pods are asked with each batch already. When nobody waits,
/// nothing of this happens but one sample a second of how long a line takes to be visible everywhere.
@LoopActor
public final class ConfirmationDesk {
    /// Tells all pods the log's word now, with `asked` in it.
    var ask: @LoopActor () -> Void = {}

    private let watch: ReplicaWatch
    private let core: LogCore
    private let environmentDefault: ConfirmationRequirement
    private var confirmations = Confirmations(startedAt: LoopClock.monotonic)
    private var completions = [Int: @LoopActor (Int, ConfirmationResult) -> Void]()
    private var lastWaitAt: Duration?
    /// A batch that is asked for before anybody waits for it.
    private var expected: Offset?
    private var sample: VisibilitySample?
    private var sampledAt = Duration.zero
    private var isAskQueued = false
    private var isSettleQueued = false
    private var askedAt = Duration.zero
    private var sweep: LoopTimer?
    private let granted: Counter
    private let missed: Counter
    private let visible: Histogram
    /// The newest samples.
    private var samples = Queue<Duration>()
    private var slowest: ReplicaID?

    init(
        _ watch: ReplicaWatch, core: LogCore, environmentDefault: ConfirmationRequirement, metrics: Metrics
    ) {
        self.watch = watch
        self.core = core
        self.environmentDefault = environmentDefault
        granted = metrics.counter(
            "chat_log_confirmed_writes_total", "Writes that as many pods as asked for have applied.")
        missed = metrics.counter(
            "chat_log_unconfirmed_writes_total", "Writes that too few pods had applied in time.")
        visible = metrics.histogram(
            "chat_log_visible_seconds",
            "How long a durable line took to be visible on all ready pods, sampled each second.",
            bounds: Histogram.latencyBounds)
        metrics.gauge("chat_log_waiting_confirmations", "Writes that wait for pods.") { [unowned self] in
            Double(confirmations.count)
        }
        metrics.gauges(
            "chat_log_slowest_replica", "1 for the pod that was the last one in the newest sample.",
            label: "replica"
        ) { [unowned self] in slowest.map { [($0.description, 1)] } ?? [] }
        watch.onReport = { [unowned self] in settleSoon() }
        watch.extraState = { [unowned self] in encodeState(into: $0) }
    }

    /// What a write asks for that names nothing.
    public var defaultRequirement: ConfirmationRequirement {
        core.settings.writeQuorum.flatMap { ConfirmationRequirement($0) } ?? environmentDefault
    }

    /// Whether one more write may wait.
    var hasRoom: Bool { confirmations.count < ConfirmationLimits.waitsMax }

    /// For heartbeats: what the pods are to report.
    var asked: Offset? { [confirmations.asked, sample?.offset, expected].compactMap(\.self).max() }

    /// The median and the 99th percentile of the newest samples, and who was last in the newest.
    public var visibility: (p50: Duration, p99: Duration, slowest: ReplicaID)? {
        guard let slowest, !samples.isEmpty else { return nil }
        let sorted = sortedSamples
        return (sorted[sorted.count / 2], sorted[min(sorted.count - 1, sorted.count * 99 / 100)], slowest)
    }

    /// `completion` is called once with the wait's number, now or later, unless the wait is cancelled.
    /// - Returns: the wait's number; nil: too many wait, and it is settled already.
    @discardableResult
    func wait(
        _ offset: Offset, _ requirement: ConfirmationRequirement, timeout: Duration,
        _ completion: @escaping @LoopActor (Int, ConfirmationResult) -> Void
    ) -> Int? {
        let now = LoopClock.monotonic
        lastWaitAt = now
        guard let number = confirmations.add(offset, requirement, timeout: timeout, at: now) else {
            completion(0, watch.count(requirement, offset))
            return nil
        }
        completions[number] = completion
        // Once for all waits of this turn; what is settled then is not asked for.
        settleSoon()
        askSoon()
        startSweeping()
        return number
    }

    func cancel(_ numbers: Set<Int>) {
        confirmations.cancel(numbers)
        for number in numbers { completions[number] = nil }
    }

    func becameDurable(through offset: Offset) {
        let now = LoopClock.monotonic
        if let lastWaitAt, now - lastWaitAt < ConfirmationLimits.expectTime {
            expected = offset
            askSoon()
        }
        guard sample == nil, now - sampledAt >= ConfirmationLimits.sampleInterval else { return }
        sampledAt = now
        sample = VisibilitySample(offset, watch.registry, at: now)
        if sample != nil {
            askSoon()
            startSweeping()
        }
    }

    // MARK: Private

    private func askSoon() {
        guard !isAskQueued else { return }
        isAskQueued = true
        EventLoop.shared.execute { [weak self] in self?.askNow() }
    }

    private func askNow() {
        isAskQueued = false
        askedAt = LoopClock.monotonic
        if asked != nil { ask() }
        expected = nil
    }

    private func settleSoon() {
        guard !isSettleQueued, confirmations.count > 0 || sample != nil else { return }
        isSettleQueued = true
        EventLoop.shared.execute { [weak self] in
            self?.isSettleQueued = false
            self?.settle(LoopClock.monotonic)
        }
    }

    private func settle(_ now: Duration) {
        for outcome in confirmations.settle(watch.registry, at: now) {
            (outcome.isConfirmed ? granted : missed).increment()
            completions.removeValue(forKey: outcome.number)?(
                outcome.number,
                ConfirmationResult(isConfirmed: outcome.isConfirmed, confirmation: outcome.confirmation))
        }
        guard let verdict = sample?.observe(watch.registry, at: now) else { return }
        switch verdict {
        case .waiting: return
        case .void: sample = nil
        case .over(let outcome):
            sample = nil
            note(outcome)
        }
    }

    private func note(_ outcome: VisibilitySample.Outcome) {
        visible.observe(outcome.took)
        slowest = outcome.slowest
        samples.append(outcome.took)
        if samples.count > ConfirmationLimits.samplesMax { samples.popFirst() }
    }

    private var sortedSamples: [Duration] {
        var copy = samples
        return copy.removeAll().sorted()
    }

    private func startSweeping() {
        guard sweep == nil else { return }
        sweep = LoopTimer(every: ConfirmationLimits.sweepInterval) { [unowned self] in
            let now = LoopClock.monotonic
            settle(now)
            guard confirmations.count > 0 || sample != nil else { return sweep = nil }
            if now - askedAt >= ConfirmationLimits.repetition { askSoon() }
        }
    }

    private func encodeState(into out: ByteBuffer) {
        out.append(utf8: ",\"quorum\":{\"default\":\"\(defaultRequirement)\"},\"visible\":")
        guard let visibility else { return out.append("null") }
        out.append(
            utf8: """
                {"p50_ms":\(Milliseconds.text(visibility.p50)),"p99_ms":\(Milliseconds.text(visibility.p99)),\
                "slowest":"\(visibility.slowest)"}
                """)
    }
}
