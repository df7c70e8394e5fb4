import LogLine

/// The heart of a pod's replication: what to apply, when to ask our log, when to give up what we remember.
///
/// One mechanism serves bootstrap, gaps, reconnecting and a log that is another one now: ask our own log for
/// the lines after what was applied, naming epoch and digest as a proof that our history is its.
///
/// Happy path: subscribe, wait for Redis' confirmation, fetch everything, apply what Redis brought meanwhile,
/// be ready; from then on every batch that joins what was applied is applied at once.
///
/// Failure modes and what each does:
/// - A line is missing (a gap in the offsets, or a heartbeat or an answered write tells of more): wait
///   `reorderWait` for it, then fetch. What lies behind a gap is kept, within bounds.
/// - Redis is away (no heartbeat of our epoch for `heartbeatTimeout`, whatever its connection says): follow
///   the log's live tail. Back to Redis only when what it brings joins what was applied.
/// - Redis says that the log is another one, or has another digest: never believed. It raises a doubt, our
///   log is asked (at most once per `questionInterval`), and only its refusal makes us discard everything and
///   bootstrap anew.
/// - Our log is away: ask again with a growing delay. A pod that was ready stays ready.
///
/// Isolation: a value with one owner. Time is the duration since the owner's start and never goes back.
public struct Follower: Sendable {
    public private(set) var epoch: Epoch?
    public private(set) var applied: Offset = .zero
    public private(set) var digest: Digest = .zero
    public private(set) var source: FollowerSource = .bootstrap
    public private(set) var isReady = false
    public private(set) var counters = FollowerCounters()

    private let limits: FollowerLimits
    private let hasBus: Bool
    private var phase: Phase = .idle
    private var bus: BusWatch
    private var buffer: ReorderBuffer
    private var claims = HeadClaims()
    private var stream: Stream?
    private var streamsOpened = 0
    private var backoff: Backoff
    private var retryAt: Duration = .zero
    private var questionAt: Duration = .zero
    private var confirmedAt: Duration = .zero
    private var discardedAt: Duration?
    /// Redis gave a reason to ask our log whether our history is its.
    private var isInDoubt = false
    /// Why memory is not what it should be any more. Everything goes as soon as our log is there to give it
    /// again; until then what there is is better than nothing.
    private var damage: DiscardReason?
    /// What the digest must be when `applied` gets there.
    private var checkpoint: (offset: Offset, digest: Digest)?
    /// What was durable when we started (or started over).
    private var readyOffset: Offset?
    /// Our log's own word of it, first after a start, where lines may come from one that is behind.
    private var toldHead: Position?
    /// Since when lines are missing without any being applied.
    private var lack: (since: Duration, applied: Offset)?

    private enum Phase {
        case idle
        case subscribing(until: Duration)
        case running
    }

    /// The request under way.
    private struct Stream {
        let request: LogRequest
        /// What the buffer had seen when the request was made.
        let arrivals: Int
        /// A doubt from before the request: its answer settles it.
        let settlesDoubt: Bool
        let heardBefore: Offset
        var head: Offset?
        /// The last line that was applied from it.
        var taken: Offset = .zero
        var aliveAt: Duration
    }

    /// `hasBus`: whether there is a Redis at all. `jitterSeed`: what the delays' jitter follows from.
    public init(limits: FollowerLimits = FollowerLimits(), hasBus: Bool, jitterSeed: UInt64) {
        self.limits = limits
        self.hasBus = hasBus
        bus = BusWatch(timeout: limits.heartbeatTimeout)
        buffer = ReorderBuffer(bytesMax: limits.reorderBytesMax, batchesMax: limits.reorderBatchesMax)
        backoff = Backoff(
            delayMin: limits.retryDelayMin, delayMax: limits.retryDelayMax, seed: jitterSeed)
    }

    /// The highest offset that anybody told of.
    public var head: Offset { max(applied, claims.highest) }

    /// How many lines are known of and not applied.
    public var lag: Int { head - applied }

    /// Bytes that wait for earlier lines.
    public var bufferedBytes: Int { buffer.bytes }

    /// Takes an event in and says what to do, in order.
    public mutating func handle(_ event: FollowerEvent, at now: Duration) -> [FollowerAction] {
        var actions: [FollowerAction] = []
        switch event {
        case .start: start(at: now, &actions)
        case .busSubscribed: busSubscribed(at: now)
        case .busLost: busLost()
        case .busLines(let batch): receive(batch, &actions)
        case .busHeartbeat(let identity): hear(identity, at: now)
        case .streamStarted(let number, let epoch, let head):
            streamStarted(number, epoch: epoch, head: head, at: now, &actions)
        case .streamProgress(let number): streamProgress(number, at: now)
        case .streamHeartbeat(let number, let identity): streamHeartbeat(number, identity, at: now)
        case .streamEnded(let number, let end): streamEnded(number, end, at: now, &actions)
        case .acknowledged(let position): acknowledged(position)
        case .headTold(let position): headTold(position)
        case .memoryDamaged(let offset): damage = damage ?? .memoryDamaged(at: offset)
        case .textsErased: damage = damage ?? .textsErased
        case .tick: break
        }
        settle(at: now, &actions)
        return actions
    }
}

// MARK: - Lines

extension Follower {
    public enum Verdict: Sendable {
        case apply
        /// It was applied before.
        case skip
        /// It does not belong to the request under way, or is not the next one: break off with `.broken`.
        case refuse
    }

    /// Judges the next line that request `number` brought. After each piece of a stream its owner reports
    /// `.streamProgress`.
    public mutating func take(_ offset: Offset, crc: UInt32, from number: Int) -> Verdict {
        guard let stream, stream.request.number == number, stream.head != nil else { return .refuse }
        guard offset <= applied.next, offset > .zero else { return .refuse }
        guard offset > applied else {
            counters.linesSkipped += 1
            return .skip
        }
        advance(crc: crc)
        self.stream?.taken = offset
        return .apply
    }

    private mutating func advance(crc: UInt32) {
        applied = applied.next
        digest = digest.adding(crc: crc)
        counters.linesApplied += 1
        guard let checkpoint, checkpoint.offset <= applied else { return }
        if checkpoint.offset == applied, checkpoint.digest != digest { doubt() }
        self.checkpoint = nil
    }

    private mutating func receive(_ batch: LineBatch, _ actions: inout [FollowerAction]) {
        guard batch.epoch == epoch || epoch == nil else {
            counters.foreignBatches += 1
            return doubt()
        }
        if epoch != nil { claims.hear(batch.last) }
        guard batch.last > applied else {
            counters.linesSkipped += batch.count
            return
        }
        if epoch != nil, batch.first <= applied.next { return apply(batch, &actions) }
        if !buffer.insert(batch) { counters.reorderOverflows += 1 }
    }

    private mutating func apply(_ batch: LineBatch, _ actions: inout [FollowerAction]) {
        let from = applied.next - batch.first
        counters.linesSkipped += from
        for line in batch.lines[from...] { advance(crc: line.scan.crc) }
        actions.append(.apply(batch, from: from))
    }
}

// MARK: - Redis

extension Follower {
    private mutating func start(at now: Duration, _ actions: inout [FollowerAction]) {
        guard case .idle = phase else { return }
        confirmedAt = now
        guard hasBus else {
            phase = .running
            return
        }
        phase = .subscribing(until: now + limits.subscribeWait)
        actions.append(.subscribe)
    }

    private mutating func busSubscribed(at now: Duration) {
        bus.subscribed(at: now)
        if case .subscribing = phase { phase = .running }
    }

    private mutating func busLost() {
        bus.lost()
        if case .subscribing = phase { phase = .running }
    }

    private mutating func hear(_ identity: LogIdentity, at now: Duration) {
        guard let epoch else { return }
        guard identity.epoch == epoch else {
            counters.foreignHeartbeats += 1
            return doubt()
        }
        guard bus.heard(identity.offset, at: now) else {
            counters.staleHeartbeats += 1
            return
        }
        claims.hear(identity.offset)
        compare(identity)
        // Redis keeps the order, so a head behind lines that only Redis brought makes those doubtful.
        if identity.offset < applied, applied > claims.confirmed { doubt() }
    }

    /// Holds a claimed digest against ours, now or when we get there.
    private mutating func compare(_ identity: LogIdentity) {
        if identity.offset > applied {
            checkpoint = (identity.offset, identity.digest)
        } else if identity.offset == applied, identity.digest != digest {
            doubt()
        }
    }

    private mutating func doubt() {
        if !isInDoubt { counters.doubts += 1 }
        isInDoubt = true
    }

    private mutating func acknowledged(_ position: Position) {
        guard let epoch else { return }
        guard position.epoch == epoch else { return doubt() }
        claims.confirm(position.offset)
    }

    private mutating func headTold(_ position: Position) {
        if toldHead == nil { toldHead = position }
        acknowledged(position)
    }
}

// MARK: - Our log

extension Follower {
    private mutating func streamStarted(
        _ number: Int, epoch logEpoch: Epoch, head: Offset, at now: Duration,
        _ actions: inout [FollowerAction]
    ) {
        guard var stream, stream.request.number == number, stream.head == nil else { return }
        if let epoch, epoch != logEpoch {
            actions.append(.close(number))
            return giveUp(.epochChanged(from: epoch, to: logEpoch), at: now, &actions)
        }
        stream.head = head
        stream.aliveAt = now
        self.stream = stream
        confirmedAt = now
        if epoch == nil { adopt(logEpoch) }
        settleClaims(stream, head: head, at: now)
        if readyOffset == nil { readyOffset = head }
    }

    private mutating func adopt(_ logEpoch: Epoch) {
        epoch = logEpoch
        buffer.keep(only: logEpoch)
        if let last = buffer.last { claims.hear(last) }
    }

    /// Our log has confirmed our history and named its head: doubts and claims from before are settled.
    private mutating func settleClaims(_ stream: Stream, head: Offset, at now: Duration) {
        claims.answer(head)
        let isClaimWrong = stream.heardBefore > head
        guard isClaimWrong || stream.settlesDoubt else { return }
        counters.unfoundedHints += 1
        questionAt = now + limits.questionInterval
        guard isClaimWrong else { return }
        bus.correct(to: head)
        buffer.drop(before: stream.arrivals, beyond: head)
        checkpoint = nil
    }

    private mutating func streamProgress(_ number: Int, at now: Duration) {
        guard let stream, stream.request.number == number else { return }
        self.stream?.aliveAt = now
        guard stream.taken > .zero else { return }
        claims.confirm(stream.taken)
        backoff.succeed()
    }

    private mutating func streamHeartbeat(_ number: Int, _ identity: LogIdentity, at now: Duration) {
        guard let stream, stream.request.number == number, stream.head != nil else { return }
        self.stream?.aliveAt = now
        backoff.succeed()
        guard identity.epoch == epoch else { return doubt() }
        claims.confirm(identity.offset)
        compare(identity)
    }

    private mutating func streamEnded(
        _ number: Int, _ end: StreamEnd, at now: Duration, _ actions: inout [FollowerAction]
    ) {
        guard let stream, stream.request.number == number else { return }
        self.stream = nil
        switch end {
        case .complete where isComplete(stream): backoff.succeed()
        case .moved: if stream.head == nil, stream.settlesDoubt { isInDoubt = true }
        case .complete, .broken: fail(stream, at: now)
        case .conflict(let conflict): judge(conflict, stream, at: now, &actions)
        }
    }

    private func isComplete(_ stream: Stream) -> Bool {
        guard stream.request.mode == .range, let head = stream.head else { return false }
        return applied >= head
    }

    private mutating func fail(_ stream: Stream, at now: Duration) {
        self.stream = nil
        counters.failedRequests += 1
        if stream.head == nil, stream.settlesDoubt { isInDoubt = true }
        retryAt = now + backoff.fail()
    }

    /// A refusal counts only when it makes sense; else it is a failure like others.
    private mutating func judge(
        _ conflict: LogConflict, _ stream: Stream, at now: Duration, _ actions: inout [FollowerAction]
    ) {
        guard let proof = stream.request.proof, stream.head == nil else { return fail(stream, at: now) }
        switch conflict {
        case .epoch(let other) where other != proof.epoch:
            giveUp(.epochChanged(from: proof.epoch, to: other), at: now, &actions)
        case .beyondHead(let head) where head < stream.request.after:
            giveUp(.logBehind(applied: stream.request.after, head: head), at: now, &actions)
        case .digest:
            counters.digestConflicts += 1
            giveUp(.historyDiffers(at: stream.request.after), at: now, &actions)
        case .epoch, .beyondHead:
            fail(stream, at: now)
        }
    }

    /// Back to the state before the start, but for the subscription.
    private mutating func giveUp(
        _ reason: DiscardReason, at now: Duration, _ actions: inout [FollowerAction]
    ) {
        counters.discards += 1
        if let discardedAt { retryAt = max(retryAt, discardedAt + limits.discardPause) }
        discardedAt = now
        epoch = nil
        applied = .zero
        digest = .zero
        isReady = false
        readyOffset = nil
        toldHead = nil
        stream = nil
        isInDoubt = false
        let damage = damage
        self.damage = nil
        checkpoint = nil
        lack = nil
        claims = HeadClaims()
        buffer.removeAll()
        bus.forgetHeartbeats(at: now)
        actions.append(.discard(damage ?? reason))
    }
}

// MARK: - What follows

extension Follower {
    /// Brings everything into agreement with the state: applies what joins, then asks our log if there is
    /// reason.
    private mutating func settle(at now: Duration, _ actions: inout [FollowerAction]) {
        if case .subscribing(let until) = phase, now >= until { phase = .running }
        heal(at: now, &actions)
        drain(&actions)
        becomeReady(&actions)
        observeLack(at: now)
        leaveStream(at: now, &actions)
        openStream(at: now, &actions)
        nameSource(at: now, &actions)
    }

    /// Our log has just answered or feeds us: what is damaged here can be had again.
    private mutating func heal(at now: Duration, _ actions: inout [FollowerAction]) {
        guard let damage, let stream, stream.head != nil else { return }
        actions.append(.close(stream.request.number))
        giveUp(damage, at: now, &actions)
    }

    private mutating func drain(_ actions: inout [FollowerAction]) {
        guard epoch != nil else { return }
        while let batch = buffer.next(after: applied) { apply(batch, &actions) }
    }

    private mutating func becomeReady(_ actions: inout [FollowerAction]) {
        guard !isReady, let readyOffset, applied >= max(readyOffset, toldOffset) else { return }
        isReady = true
        actions.append(.becomeReady)
    }

    /// All that there was is applied, but our log is known to be further: it is to come.
    private var isBehindTold: Bool {
        guard let readyOffset else { return false }
        return applied >= readyOffset && applied < toldOffset
    }

    private var toldOffset: Offset {
        guard let toldHead, toldHead.epoch == epoch else { return .zero }
        return toldHead.offset
    }

    private mutating func observeLack(at now: Duration) {
        guard epoch != nil, claims.highest > applied else {
            lack = nil
            return
        }
        if lack?.applied != applied { lack = (now, applied) }
    }

    /// Leaves a request that brings nothing, or is no longer needed.
    private mutating func leaveStream(at now: Duration, _ actions: inout [FollowerAction]) {
        guard let stream else { return }
        if now >= stream.aliveAt + timeout(of: stream) {
            actions.append(.close(stream.request.number))
            return fail(stream, at: now)
        }
        guard stream.request.mode == .live, stream.head != nil else { return }
        let isQuestioned = isInDoubt && now >= questionAt
        guard isQuestioned || (buffer.isEmpty && bus.joins(applied, at: now)) else { return }
        actions.append(.close(stream.request.number))
        self.stream = nil
    }

    private func timeout(of stream: Stream) -> Duration {
        switch stream.request.mode {
        case .live: limits.tailTimeout
        case .range: limits.rangeTimeout
        }
    }

    private mutating func openStream(at now: Duration, _ actions: inout [FollowerAction]) {
        guard case .running = phase, stream == nil, now >= retryAt else { return }
        guard let mode = wantedMode(at: now) else { return }
        if mode == .range, isReady { counters.repairs += 1 }
        streamsOpened += 1
        let proof = epoch.map { LogRequest.Proof(epoch: $0, digest: digest) }
        let request = LogRequest(
            number: streamsOpened, mode: mode, after: applied, proof: proof, settlesDoubt: isInDoubt)
        stream = Stream(
            request: request, arrivals: buffer.arrivals, settlesDoubt: isInDoubt,
            heardBefore: claims.heard, aliveAt: now)
        isInDoubt = false
        claims.ask()
        actions.append(.open(request))
    }

    /// Why we would ask our log now; nil: there is no reason.
    private func wantedMode(at now: Duration) -> LogRequest.Mode? {
        guard epoch != nil, isReady || isBehindTold else { return .range }
        if bus.isAway(at: now) { return .live }
        guard isReady else { return .range }
        if let lack, now >= lack.since + limits.reorderWait {
            if claims.confirmed > applied || now >= questionAt { return .range }
        }
        if isInDoubt, now >= questionAt { return .range }
        if damage != nil { return .range }
        return now >= confirmedAt + limits.logCheckInterval ? .range : nil
    }

    private mutating func nameSource(at now: Duration, _ actions: inout [FollowerAction]) {
        let current = currentSource(at: now)
        guard current != source else { return }
        source = current
        actions.append(.useSource(current))
    }

    private func currentSource(at now: Duration) -> FollowerSource {
        guard isReady else { return .bootstrap }
        if let stream, stream.request.mode == .live, stream.head != nil { return .tail }
        return bus.isAway(at: now) ? source : .redis
    }

    /// When `.tick` is due if nothing else happens before; nil: never.
    public func nextDeadline(after now: Duration) -> Duration? {
        var deadlines = [retryAt, questionAt, confirmedAt + limits.logCheckInterval]
        if case .subscribing(let until) = phase { deadlines.append(until) }
        if let awayAt = bus.awayAt { deadlines.append(awayAt) }
        if let lack { deadlines.append(lack.since + limits.reorderWait) }
        if let stream { deadlines.append(stream.aliveAt + timeout(of: stream)) }
        return deadlines.filter { $0 > now }.min()
    }
}
