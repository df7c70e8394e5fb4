import EventLoop
import LogLine
import Replication

/// A pod's way to its log where the log names from whom the pod gets its lines: from the log itself, or from
/// another pod. Everything but lines goes to the log.
///
/// Happy path: a request for lines waits until the log has named somebody, then goes there; when the log
/// names another one, the stream ends with `.moved`, and the follower asks again at once.
/// Failures: a feeder whose stream breaks off, brings nothing for too long, is of another epoch or refuses
/// our position is lost: the log is told at once, and names another one. When
/// `PodLimits.failedFeedersMax` in a row feed this pod for less than `PodLimits.feedTimeMin` each, as where
/// the addresses that pods advertise lead nowhere, the lines come from the log itself, beside the tree, for
/// `PodLimits.directTime`; then who is named is tried once more.
/// Invariant: a pod gives up what it remembers only when its own log says so. What another pod refuses counts
/// as a broken stream, and the next request goes to the log, as does every question whether our history is
/// its; once answered, the lines come from whom the log named again.
@LoopActor
public final class DelegatedUpstream {
    /// From whom lines come, or would; nil: the log has named nobody, or who was named is lost.
    private(set) var feeder: Feeder?
    /// How many edges lie between the log and this pod, as the log said.
    private(set) var tier: Int?
    /// Who was lost, until the log knows.
    private(set) var lost: Feeder?
    /// The log must be told now: somebody was lost, or a place is wanted.
    var onNews: (@LoopActor () -> Void)?

    private let log: any LogUpstream
    private let connect: @LoopActor (_ address: String) -> (any LineUpstream)?
    private let onUnreachable: @LoopActor (_ name: Feeder) -> Void
    private let now: @LoopActor () -> Duration
    private var openedAt = Duration.zero
    /// Feeders that have failed in a row.
    private var failures = 0
    /// Lines come from the log itself until then, whomever it names.
    private var directUntil: Duration?
    private var pod: (any LineUpstream)?
    private var address: String?
    private var epoch: Epoch?
    private var current: Current?
    /// Another pod refused our position: the log shall judge it.
    private var isRefused = false
    /// The log has told where it is since we remember nothing.
    private var isHeadTold = false
    private var timer: LoopTimer?

    /// The request under way.
    private struct Current {
        enum Way { case waits, question, log, pod }

        let request: LogRequest
        let onEvent: (LogStreamEvent) -> Void
        var way: Way
    }

    /// - Parameters:
    ///   - now: the time; nil: the loop's.
    ///   - connect: a way to the pod at that URL; nil: it is none.
    ///   - onUnreachable: nobody who was named fed this pod, the given one last; the log itself does now.
    public init(
        log: any LogUpstream, now: (@LoopActor () -> Duration)? = nil,
        connect: @escaping @LoopActor (_ address: String) -> (any LineUpstream)?,
        onUnreachable: @escaping @LoopActor (_ name: Feeder) -> Void = { _ in }
    ) {
        self.log = log
        self.now = now ?? { LoopClock.monotonic }
        self.connect = connect
        self.onUnreachable = onUnreachable
        timer = LoopTimer(every: ReplicaLimits.reportInterval) { [unowned self] in stillWaiting() }
    }

    /// The log has answered a report that told of `told` as lost.
    /// - Parameter named: nil while there is no place. Without an address it is the log, or a pod that the
    ///   log has not heard of yet: then all stays as it is.
    func answered(_ position: Position, _ named: UpstreamAssignment?, told: Feeder?) {
        epoch = position.epoch
        isHeadTold = true
        if lost == told { lost = nil }
        // An answer from before the loss names who was lost.
        guard lost == nil || named?.node != lost else { return }
        if let directUntil, now() >= directUntil { self.directUntil = nil }
        if directUntil == nil { follow(named) }
        stillWaiting()
        goOn()
    }

    /// The request that waits is not given up: it is the log's turn, or the log is away.
    private func stillWaiting() {
        guard let current, current.way == .waits else { return }
        withUnsafeBytes(of: UInt8(ascii: "\n")) { current.onEvent(.bytes($0)) }
    }

    // MARK: Turning

    private func follow(_ named: UpstreamAssignment?) {
        tier = named?.tier
        let address = named?.address
        guard named?.node != feeder || (address != nil && address != self.address) else { return }
        turn(to: named?.node, address)
        onNews?()
    }

    private func turn(to named: Feeder?, _ address: String?) {
        feeder = named
        pod = nil
        self.address = nil
        if let name = named, name != .log {
            pod = address.flatMap { connect($0) }
            self.address = address
            if pod == nil {
                openedAt = now()
                return lose(name)
            }
        }
        guard let current, current.way == .log || current.way == .pod else { return }
        move(current)
    }

    private func move(_ current: Current) {
        leave(current)
        self.current = nil
        current.onEvent(.ended(.moved, reason: nil))
    }

    private func leave(_ current: Current) {
        switch current.way {
        case .waits: break
        case .question, .log: log.close(current.request.number)
        case .pod: podOfCurrent?.close(current.request.number)
        }
        podOfCurrent = nil
    }

    private func lose(_ name: Feeder) {
        lost = name
        feeder = nil
        tier = nil
        pod = nil
        address = nil
        if name != .log { count(name) }
        onNews?()
    }

    /// A feeder that has fed this pod for a while, and ended, was no wrong address.
    private func count(_ name: Feeder) {
        let hasFed = now() - openedAt >= PodLimits.feedTimeMin
        failures = hasFed ? 0 : failures + 1
        guard failures >= PodLimits.failedFeedersMax else { return }
        // The next one that fails is enough.
        failures -= 1
        directUntil = now() + PodLimits.directTime
        feeder = .log
        tier = 1
        onUnreachable(name)
    }

    // MARK: Streams

    /// The pod that the request under way was opened at.
    private var podOfCurrent: (any LineUpstream)?

    /// Opens what waits, if the log has said where.
    private func goOn() {
        guard var current, current.way == .waits else { return }
        if current.request.settlesDoubt || isRefused {
            current.way = .question
            isRefused = false
        } else if current.request.proof == nil, !isHeadTold {
            return
        } else {
            switch feeder {
            case nil: return
            case .log: current.way = .log
            case .replica:
                current.way = .pod
                podOfCurrent = pod
                openedAt = now()
            }
        }
        self.current = current
        let number = current.request.number
        let upstream: (any LineUpstream)? = current.way == .pod ? podOfCurrent : log
        upstream?.open(current.request) { [weak self] event in self?.received(event, from: number) }
    }

    private func received(_ event: LogStreamEvent, from number: Int) {
        guard let current, current.request.number == number else { return }
        switch current.way {
        case .waits: break
        case .log: fromLog(event, current)
        case .question: answerQuestion(event, current)
        case .pod: fromPod(event, current)
        }
    }

    private func fromLog(_ event: LogStreamEvent, _ current: Current) {
        if case .ended = event { self.current = nil }
        current.onEvent(event)
    }

    /// Once the log has confirmed our history, the lines come from whom it named.
    private func answerQuestion(_ event: LogStreamEvent, _ current: Current) {
        fromLog(event, current)
        guard case .started = event, var current = self.current, current.way == .question else { return }
        current.way = .log
        self.current = current
        if feeder != .log { move(current) }
    }

    private func fromPod(_ event: LogStreamEvent, _ current: Current) {
        switch event {
        case .started(let other, _):
            guard other == current.request.proof?.epoch ?? epoch else {
                return fail(current, "the pod that feeds this one has epoch \(other)")
            }
            current.onEvent(event)
        case .bytes: current.onEvent(event)
        case .ended(.complete, _) where current.request.mode == .range:
            self.current = nil
            podOfCurrent = nil
            current.onEvent(event)
        case .ended(let end, let reason):
            if case .conflict = end { isRefused = true }
            fail(current, reason ?? "the pod that feeds this one closed the stream")
        }
    }

    private func fail(_ current: Current, _ reason: String) {
        leave(current)
        self.current = nil
        if let feeder { lose(feeder) }
        current.onEvent(.ended(.broken, reason: reason))
    }
}

extension DelegatedUpstream: @LoopActor LogUpstream {
    public func open(_ request: LogRequest, onEvent: @escaping (LogStreamEvent) -> Void) {
        // What we remember was given up: how far the log is has to be told anew.
        if request.proof == nil, request.number > 1 { isHeadTold = false }
        current = Current(request: request, onEvent: onEvent, way: .waits)
        goOn()
        if current?.way == .waits { onNews?() }
    }

    /// The follower closes what brings nothing, and what it doubts.
    public func close(_ request: Int) {
        guard let current, current.request.number == request else { return }
        leave(current)
        self.current = nil
        if current.way == .pod, let feeder { lose(feeder) }
    }

    public func append(_ draft: Draft, completion: @escaping (AppendResult) -> Void) {
        log.append(draft, completion: completion)
    }

    public func report(
        _ report: ReplicaReport, completion: @escaping (Result<ReportAnswer, Problem>) -> Void
    ) {
        log.report(report, completion: completion)
    }

    public func read(
        _ target: String, accept: String?, onEvent: @escaping (PassedReadEvent) -> Void
    ) -> any PassedRead {
        log.read(target, accept: accept, onEvent: onEvent)
    }

    public func confirm(
        _ position: Position, _ requirement: ConfirmationRequirement, timeout: Duration,
        completion: @escaping (ConfirmationResult) -> Void
    ) {
        log.confirm(position, requirement, timeout: timeout, completion: completion)
    }

    public var waitingConfirmations: Int { log.waitingConfirmations }
    public var isReachable: Bool { log.isReachable }
    public var waitingWrites: Int { log.waitingWrites }
}
