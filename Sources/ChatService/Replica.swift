import EventLoop
import LogLine
import LogServing
import Operations
import Replication
import Views

/// A pod's copy of the log: performs what the `Follower` decides. Lines come from Redis or from the log, are
/// applied in the order of their offsets, each exactly once, and stand in memory as they stand in the log.
///
/// Happy path, gaps, outages and changed epochs: see `Follower`. Here is only the doing: verify, copy, tell.
@LoopActor
public final class Replica {
    /// What is served now.
    private(set) var source: HistorySource
    /// What was served before the log became another one, kept readable for a while.
    let superseded: SupersededHistories
    /// The log's own word, as it came last.
    private(set) var lastHeartbeat: (forms: HeartbeatForms, at: Duration)?
    /// When Redis last brought a heartbeat of our log.
    private var busHeardAt: Duration?
    /// Why the last request to the log failed; nil once one is answered.
    private(set) var streamTrouble: String?

    /// Lines were applied; `position` is the stream position before them.
    var onApplied: (@LoopActor (_ position: UInt64) -> Void)?
    var onDiscarded: (@LoopActor (DiscardReason) -> Void)?
    var onReady: (@LoopActor () -> Void)?
    /// Our log's own word came, as it is to be passed on.
    var onHeartbeat: (@LoopActor (Heartbeat, HeartbeatForms) -> Void)?
    /// Lines come from somewhere else now.
    var onSource: (@LoopActor () -> Void)?
    /// Another pod (or this one) said something that is in no log.
    var onSignal: (@LoopActor (EphemeralSignal) -> Void)?
    /// Connected to Redis for publishing.
    var onPublishing: (@LoopActor () -> Void)?

    private var follower: Follower
    private let upstream: any LogUpstream
    private let bus: (any Bus)?
    private let follows: Following
    private let topics: Topics
    private let seal: BusSeal?
    private let makeHistory: @LoopActor () -> History
    private let makeChat: @LoopActor () -> ChatState
    private let log: DiagnosticLog
    private let gate = RepetitionGate()
    private let refusedPayloads: Counter
    private let repeatedHeartbeats: Counter
    private var heardOverBus = HeardBeats()
    private var heardFromStream = HeardBeats()

    /// Up to which stream position `onApplied` was told.
    private var toldEnd: UInt64 = 0
    /// The request under way and its line that is not complete yet.
    private var stream: (number: Int, isLive: Bool)?
    private let partial = ByteBuffer()
    /// Until what the log has erased is forgotten.
    private var forgetting: LoopTimer?
    private var timer: LoopTimer?
    private var timerDue = Duration.zero
    private let start = LoopClock.monotonic

    /// - Parameter bus: carries the lines when `follows` says so, and in any case what is in no log.
    public init(
        upstream: any LogUpstream, bus: (any Bus)?, follows: Following, topics: Topics, seal: BusSeal?,
        makeHistory: @escaping @LoopActor () -> History, makeChat: @escaping @LoopActor () -> ChatState,
        superseded: SupersededHistories, metrics: Metrics, log: DiagnosticLog
    ) {
        self.upstream = upstream
        self.bus = bus
        self.follows = follows
        self.topics = topics
        self.seal = seal
        self.makeHistory = makeHistory
        self.makeChat = makeChat
        self.superseded = superseded
        self.log = log
        source = HistorySource(makeHistory(), makeChat())
        follower = Follower(
            hasBus: bus != nil && follows == .bus, jitterSeed: UInt64.random(in: 0...UInt64.max))
        refusedPayloads = metrics.counter(
            "chat_pod_refused_payloads_total", "Redis payloads that were malformed or not authentic.")
        repeatedHeartbeats = metrics.counter(
            "chat_pod_repeated_heartbeats_total",
            "Heartbeats that the log had said before: replayed, or come in a circle of pods.")
        timer = LoopTimer { [unowned self] in
            timerDue = .zero
            handle(.tick)
        }
    }

    /// Begins to follow the log.
    public func run() {
        bus?.onEvent = { [unowned self] in received($0) }
        if follows == .stream { bus?.start() }
        handle(.start)
    }

    public var isReady: Bool { follower.isReady }
    var lineSource: FollowerSource { follower.source }
    var head: Offset { follower.head }
    var counters: FollowerCounters { follower.counters }
    var bufferedBytes: Int { follower.bufferedBytes }

    /// A line in memory is not what was applied any more.
    func foundDamage(_ damage: HistoryScrub.Damage) {
        log.error(
            "a line in this pod's memory is damaged; everything is read from the log again",
            ["offset": .init(damage.offset), "reason": .init(damage.detail)])
        handle(.memoryDamaged(damage.offset))
    }

    /// The newest heartbeat of our log that Redis brought: what shows that a report there is not repeated.
    var heardBeat: Beat? { heardOverBus.newest }

    /// The log answered a write of ours.
    func acknowledged(_ position: Position) { handle(.acknowledged(position)) }

    /// The log told how far it is.
    func headTold(_ position: Position) { handle(.headTold(position)) }

    /// Tells the other pods. False: Redis is away or busy, and nobody hears of it.
    func publish(_ signal: EphemeralSignal) -> Bool {
        guard let bus, bus.isPublishing else { return false }
        let buffer = ByteBuffer()
        signal.encode(seal: seal, into: buffer)
        return bus.publish(topics.ephemeral, buffer.takeSlice())
    }

    /// Tells the log of this pod. False: Redis does not bring us our log's heartbeats, so that it would
    /// hardly take our reports there either, or is busy.
    func publish(_ report: ReplicaReport) -> Bool {
        guard let bus, bus.isPublishing, let busHeardAt,
            LoopClock.monotonic - busHeardAt < ReplicaLimits.silentAfter
        else { return false }
        let buffer = ByteBuffer()
        report.encode(seal: seal, into: buffer)
        return bus.publish(topics.replicas, buffer.takeSlice())
    }

    // MARK: Events

    private var now: Duration { LoopClock.monotonic - start }

    private func handle(_ event: FollowerEvent) {
        for action in follower.handle(event, at: now) { perform(action) }
        tellApplied()
        scheduleTick()
    }

    private func tellApplied() {
        let before = toldEnd
        guard source.index.end > before else { return }
        toldEnd = source.index.end
        onApplied?(before)
    }

    private func scheduleTick() {
        let now = now
        guard let due = follower.nextDeadline(after: now), timerDue == .zero || due < timerDue else { return }
        timerDue = due
        timer?.schedule(after: due - now)
    }

    private func received(_ event: BusEvent) {
        switch event {
        case .ready(.subscriber): if follows == .bus { handle(.busSubscribed) }
        case .lost(.subscriber, _, _): if follows == .bus { handle(.busLost) }
        case .ready(.publisher): onPublishing?()
        case .lost(.publisher, _, _): break
        case .message(let channel, let payload):
            if channel.elementsEqual(topics.log) {
                receivedLines(payload)
            } else if channel.elementsEqual(topics.head) {
                receivedHeartbeat(payload)
            } else if channel.elementsEqual(topics.ephemeral) {
                receivedSignal(payload)
            }
        }
    }

    private func receivedLines(_ payload: UnsafeRawBufferPointer) {
        do throws(BusError) {
            handle(.busLines(try BusPayload.decode(payload, seal: seal)))
        } catch {
            refuse("lines", error)
        }
    }

    private func receivedHeartbeat(_ payload: UnsafeRawBufferPointer) {
        do throws(BusError) {
            let heartbeat = try Heartbeat.decode(payload, seal: seal)
            let isOurs = heartbeat.identity.epoch == follower.epoch
            guard !isOurs || heardOverBus.isNews(heartbeat.beat) else {
                return repeatedHeartbeats.increment()
            }
            if isOurs { busHeardAt = LoopClock.monotonic }
            handle(.busHeartbeat(heartbeat.identity))
            if isOurs { received(heartbeat, payload, isFromLog: seal != nil) }
        } catch {
            refuse("heartbeat", error)
        }
    }

    /// After it was acted upon, so that what is passed on stands behind the lines it speaks of.
    /// - Parameter isFromLog: nobody else can have said it.
    private func received(_ heartbeat: Heartbeat, _ bytes: UnsafeRawBufferPointer, isFromLog: Bool) {
        let forms = HeartbeatForms(heartbeat, numbered: Replica.relayable(heartbeat, bytes))
        lastHeartbeat = (forms, LoopClock.monotonic)
        onHeartbeat?(heartbeat, forms)
        if isFromLog, hasErasedTexts(heartbeat) { forgetSoon() }
    }

    /// A redaction leaves everything that histories are compared by as it was, but the number of redacted
    /// lines.
    private func hasErasedTexts(_ heartbeat: Heartbeat) -> Bool {
        heartbeat.identity.epoch == source.epoch && heartbeat.identity.offset == source.index.last
            && heartbeat.redacted > source.redactedCount
    }

    /// Gives up everything, to read it from the log again; not at the same time as all others.
    private func forgetSoon() {
        guard forgetting == nil else { return }
        let wait = PodLimits.forgettingSpread * Double.random(in: 0...1)
        log.warning(
            "the log has erased texts that this pod still has; it reads everything again",
            ["in": .init(wait)])
        let old = source
        let timer = LoopTimer { [unowned self] in
            forgetting = nil
            guard source === old else { return }
            superseded.removeAll()
            handle(.textsErased)
        }
        timer.schedule(after: wait)
        forgetting = timer
    }

    /// Byte for byte, with members that we do not know; but whoever may publish on Redis must not break the
    /// lines of our tails.
    private static func relayable(_ heartbeat: Heartbeat, _ bytes: UnsafeRawBufferPointer) -> ByteSlice {
        if bytes.starts(with: "{\"e".utf8), !bytes.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
            return ByteSlice(bytes)
        }
        let buffer = ByteBuffer()
        heartbeat.encode(into: buffer)
        return buffer.takeSlice()
    }

    private func receivedSignal(_ payload: UnsafeRawBufferPointer) {
        do throws(BusError) {
            onSignal?(try EphemeralSignal.decode(payload, seal: seal))
        } catch {
            refuse("signal", error)
        }
    }

    private func refuse(_ what: DiagnosticValue, _ error: BusError) {
        refusedPayloads.increment()
        guard let suppressed = gate.admit("payload", at: .now) else { return }
        log.warning(
            "refused a payload from Redis\(RepetitionGate.note(suppressed))",
            ["what": what, "reason": .init(error)])
    }

    // MARK: Actions

    private func perform(_ action: FollowerAction) {
        switch action {
        case .subscribe: bus?.start()
        case .open(let request): open(request)
        case .close(let number): close(number)
        case .apply(let batch, let from): apply(batch, from: from)
        case .discard(let reason): discard(reason)
        case .becomeReady:
            log.info("ready", ["offset": .init(follower.applied), "took": .init(now)])
            onReady?()
        case .useSource(let source):
            log.info("following", ["source": .init(source.rawValue), "offset": .init(follower.applied)])
            onSource?()
        }
    }

    private func apply(_ batch: LineBatch, from first: Int) {
        let bytes = batch.bytes.pointer
        for line in batch.lines[first...] {
            source.append(UnsafeRawBufferPointer(rebasing: bytes[line.range]), scan: line.scan)
        }
        source.epoch = follower.epoch
    }

    /// Our log has said that what we remember is not its history: keep it aside, begin anew. What is damaged
    /// is not kept.
    private func discard(_ reason: DiscardReason) {
        log.error(
            reason.leavesHistory
                ? "discarding this pod's history and starting over: our log is another one now"
                : "discarding this pod's history and starting over: it is damaged, or texts were erased",
            ["reason": .init(reason), "offset": .init(source.index.last)])
        if reason.leavesHistory { superseded.add(source) }
        source = HistorySource(makeHistory(), makeChat())
        toldEnd = source.index.end
        lastHeartbeat = nil
        onDiscarded?(reason)
    }

    // MARK: The stream from the log

    private func open(_ request: LogRequest) {
        stream = (request.number, request.mode == .live)
        partial.release()
        upstream.open(request) { [unowned self] event in received(event, from: request.number) }
    }

    private func close(_ number: Int) {
        guard stream?.number == number else { return }
        stream = nil
        partial.release()
        upstream.close(number)
    }

    private func received(_ event: LogStreamEvent, from number: Int) {
        guard stream?.number == number else { return }
        switch event {
        case .started(let epoch, let head):
            streamTrouble = nil
            handle(.streamStarted(number, epoch: epoch, head: head))
            source.epoch = follower.epoch
        case .bytes(let bytes): received(bytes, from: number)
        case .ended(let end, let reason):
            if end != .complete, end != .moved { reportBrokenStream(reason) }
            let isCut = end == .complete && !partial.isEmpty
            stream = nil
            partial.release()
            handle(.streamEnded(number, isCut ? .broken : end))
        }
    }

    private func reportBrokenStream(_ reason: String?) {
        let reason = reason ?? "the stream is damaged"
        streamTrouble = reason
        guard let suppressed = gate.admit("stream", at: .now) else { return }
        log.warning(
            "cannot read from the replication-log\(RepetitionGate.note(suppressed))",
            ["reason": .init(reason)])
    }

    private func received(_ bytes: UnsafeRawBufferPointer, from number: Int) {
        let isIntact: Bool
        if partial.isEmpty {
            isIntact = takeLines(bytes, from: number) { partial.append($0) }
        } else {
            partial.append(bytes)
            var rest = 0
            isIntact = takeLines(partial.pointer, from: number) { rest = $0.count }
            if isIntact { partial.consume(partial.count - rest) }
        }
        tellApplied()
        guard stream?.number == number else { return }
        guard isIntact, partial.count <= LineLimits.lineBytesMax else {
            close(number)
            reportBrokenStream(nil)
            return handle(.streamEnded(number, .broken))
        }
        handle(.streamProgress(number))
    }

    /// False: something is no line, or not the next one. `keep` gets what is behind the last whole line.
    private func takeLines(
        _ bytes: UnsafeRawBufferPointer, from number: Int, keep: (UnsafeRawBufferPointer) -> Void
    ) -> Bool {
        var splitter = LineSplitter(bytes)
        while let range = splitter.next() {
            guard take(bytes, range, from: number) else { return false }
        }
        keep(UnsafeRawBufferPointer(rebasing: bytes[splitter.consumed...]))
        return true
    }

    private func take(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, from number: Int) -> Bool {
        let line = UnsafeRawBufferPointer(rebasing: bytes[range])
        // A blank line is a sign of life; `{"e…` is a heartbeat, lines begin with `{"o…`.
        if line.isEmpty { return true }
        if line.count > 2, line[2] == UInt8(ascii: "e") { return takeHeartbeat(line, from: number) }
        do throws(LineError) {
            let scan = try Line.scan(line)
            switch follower.take(scan.offset, crc: scan.crc, from: number) {
            case .apply:
                let whole = UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound..<range.upperBound + 1])
                source.append(whole, scan: scan)
                return true
            case .skip: return true
            case .refuse: return false
            }
        } catch {
            log.warning("the log's stream holds a damaged line", ["reason": .init(error)])
            return false
        }
    }

    private func takeHeartbeat(_ line: UnsafeRawBufferPointer, from number: Int) -> Bool {
        do throws(BusError) {
            let heartbeat = try Heartbeat.decode(line)
            let bytes = ByteSlice(line)
            // What is passed on stands behind the lines it speaks of.
            tellApplied()
            let isOurs = heartbeat.identity.epoch == follower.epoch
            guard !isOurs || heardFromStream.isNews(heartbeat.beat) else {
                repeatedHeartbeats.increment()
                return true
            }
            if isOurs, let beat = heartbeat.beat { heardOverBus.correct(to: beat) }
            handle(.streamHeartbeat(number, heartbeat.identity))
            if isOurs { received(heartbeat, bytes.pointer, isFromLog: true) }
            return stream?.number == number
        } catch {
            log.warning("the log's stream holds a malformed heartbeat", ["reason": .init(error)])
            return false
        }
    }
}
