import EventLoop
import LogLine
import Replication
import Views

/// The bounds of the service.
public enum LogLimits {
    /// A body of `/append`.
    static let appendBodyBytesMax = 8 << 20
    /// Bytes of lines handed to the store in one batch; what is admitted beyond it makes a further one.
    static let batchBytesMax = 1 << 20
    /// How long lines gather for a batch while requests keep coming.
    static let gatherTimeMax = Duration.milliseconds(1)
    /// Plain PUBLISHes that wait for the disk; beyond it they are refused (and counted).
    static let ingestedPendingMax = 65_536
    static let heartbeatInterval = Duration.seconds(1)
    /// Drafts in a body of `/append`.
    static let appendDraftsMax = 10_000
}

/// The log as a whole: drafts in, lines durable, readers and listeners told. Everything the service does goes
/// through here, and all of it on the loop; only the store has threads of its own.
///
/// Happy path: `append` has the sequencer judge the drafts and encode the lines; as soon as no further
/// request is there to be read, all new lines go to the store as one batch (a sync costs the same for one
/// line and for a hundred, so it pays to read what has arrived first); when the store reports them
/// durable they are indexed, told to `onDurable` (the bus and the live tails), and the writers are
/// answered. No byte leaves before that.
/// Failure of a write: the sequencer is rewound to the durable end, every waiting writer gets the error, and
/// the next batch begins a new term. Failure of a sync: `onFailure`, and the process exits.
@LoopActor
public final class LogCore {
    /// A batch that has become durable.
    public struct DurableBatch {
        public let lines: ByteSlice
        /// Behind which offset it stands, and its last one.
        public let after: Offset
        public let through: Offset
        /// Of each line, as the sequencer wrote it.
        let scans: [LineScan]
    }

    public let epoch: Epoch
    public let index: LogIndex
    /// Of what is in the index.
    public let amendments: Amendments
    /// What lines have told the cluster to do.
    public private(set) var settings: ClusterSettings
    /// Lines whose text was erased; a log that runs erases none.
    public let redactedCount: Int
    public let store: any LogStore
    public var onDurable: (@LoopActor (DurableBatch) -> Void)?
    /// A write was not kept, which its writers are told right after this; the next one may succeed.
    public var onRefusal: (@LoopActor (LogError) -> Void)?
    public var onFailure: (@LoopActor (LogError) -> Void)?

    // Without the run-time exclusivity check, which is paid several times a draft: while one of these
    // changes nothing is called that could come back here.
    @exclusivity(unchecked) private var sequencer: Sequencer
    /// Lines that are not handed to the store yet, and what was found in each.
    private let admitted = ByteBuffer()
    @exclusivity(unchecked) private var scans = [LineScan]()
    private var isHandOverQueued = false
    /// Handed over and not durable, oldest first.
    private var batches = Queue<DurableBatch>()
    @exclusivity(unchecked) private var waiters = Queue<Waiter>()
    private var handedOver: Offset
    private(set) var terminalError: LogError?

    private struct Waiter {
        let restsOn: Offset
        let completion: @LoopActor (LogError?) -> Void
    }

    /// `sequencer`, `index` and `amendments`: as recovery left them, at the same offset.
    public init(
        epoch: Epoch, sequencer: Sequencer, index: LogIndex, amendments: Amendments,
        settings: ClusterSettings, redactedCount: Int, store: any LogStore
    ) {
        precondition(sequencer.durable == index.last && sequencer.head == index.last)
        self.epoch = epoch
        self.sequencer = sequencer
        self.index = index
        self.amendments = amendments
        self.settings = settings
        self.redactedCount = redactedCount
        self.store = store
        handedOver = index.last
    }

    /// Everything up to here is durable; nothing behind it may be told.
    public var head: Offset { sequencer.durable }
    public var digest: Digest { sequencer.durableDigest }
    public var identity: LogIdentity { LogIdentity(epoch: epoch, offset: head, digest: digest) }
    public var pendingLines: Int { sequencer.pendingLines }
    public var pendingBytes: Int { sequencer.pendingBytes }
    public var idCount: Int { sequencer.idCount }
    public var keyCount: Int { sequencer.keyCount }
    public var sequencerBytes: Int { sequencer.indexBytes }

    // MARK: Writing

    /// Appends a draft; `completion` is called once, when the result may be told.
    public func append(_ draft: Draft, completion: @escaping @LoopActor (AppendResult) -> Void) {
        if let terminalError { return completion(.refused(Problem(terminalError))) }
        let admission = admit(draft, now: Timestamp(milliseconds: LoopClock.wallMilliseconds))
        queueHandOver()
        let result = AppendResult(of: draft, admission, epoch: epoch)
        wait(for: admission.restsOn) { error in
            completion(error.map { .refused(Problem($0)) } ?? result)
        }
    }

    /// Appends the drafts in order; `completion` is called once, when every result may be told. A draft that
    /// is refused does not keep the others from being appended.
    public func append(
        _ drafts: [Draft], completion: @escaping @LoopActor ([AppendResult]) -> Void
    ) {
        if let terminalError { return completion(drafts.map { _ in .refused(Problem(terminalError)) }) }
        let now = Timestamp(milliseconds: LoopClock.wallMilliseconds)
        var restsOn = Offset.zero
        var restingOn = [Offset]()
        restingOn.reserveCapacity(drafts.count)
        let results = drafts.map { draft in
            let admission = admit(draft, now: now)
            restsOn = max(restsOn, admission.restsOn)
            restingOn.append(admission.restsOn)
            return AppendResult(of: draft, admission, epoch: epoch)
        }
        queueHandOver()
        wait(for: restsOn) { error in
            guard let error else { return completion(results) }
            // What rests on nothing is as true as before.
            completion(zip(results, restingOn).map { $1 > .zero ? .refused(Problem(error)) : $0 })
        }
    }

    private func admit(_ draft: Draft, now: Timestamp) -> Admission {
        let admission = sequencer.admit(draft, now: now, into: admitted)
        if case .assigned = admission, let scan = sequencer.newestScan { scans.append(scan) }
        if admitted.count >= LogLimits.batchBytesMax { handOver() }
        return admission
    }

    /// Calls `completion` when no writer waits any more.
    func whenIdle(_ completion: @escaping @LoopActor () -> Void) {
        wait(for: sequencer.head) { _ in completion() }
    }

    private func wait(for offset: Offset, _ completion: @escaping @LoopActor (LogError?) -> Void) {
        guard offset > sequencer.durable else { return completion(nil) }
        // Waiters are told in order, so one that rests on less waits with the one before it.
        let restsOn = max(offset, waiters.last?.restsOn ?? .zero)
        waiters.append(Waiter(restsOn: restsOn, completion: completion))
    }

    private func queueHandOver() {
        guard !admitted.isEmpty, !isHandOverQueued else { return }
        isHandOverQueued = true
        EventLoop.shared.executeWhenQuiet(within: LogLimits.gatherTimeMax) { [self] in
            isHandOverQueued = false
            handOver()
        }
    }

    private func handOver() {
        guard !admitted.isEmpty else { return }
        let batch = DurableBatch(
            lines: admitted.takeSlice(), after: handedOver, through: sequencer.head, scans: scans)
        scans = []
        handedOver = batch.through
        batches.append(batch)
        store.append(batch.lines, through: batch.through, term: sequencer.term)
    }

    // MARK: What the store reports

    public func handle(_ event: LogStoreEvent) {
        switch event {
        case .durable(let through): becameDurable(through)
        case .refused(let term, let durable, let error): refused(term, durable, error)
        case .failed(let error): failed(error)
        }
    }

    private func becameDurable(_ through: Offset) {
        guard through > sequencer.durable else { return }
        sequencer.commit(through: through)
        if let batch = takeBatches(through: through) {
            addToIndex(batch)
            onDurable?(batch)
        }
        while let waiter = waiters.first, waiter.restsOn <= through {
            waiters.popFirst()
            waiter.completion(nil)
        }
    }

    /// What became durable together is told together: one payload on the bus, one piece for each live tail.
    private func takeBatches(through: Offset) -> DurableBatch? {
        guard let first = batches.first, first.through <= through else { return nil }
        batches.popFirst()
        guard let next = batches.first, next.through <= through else { return first }
        let lines = ByteBuffer()
        lines.append(first.lines)
        var scans = first.scans
        var last = first.through
        while let batch = batches.first, batch.through <= through {
            batches.popFirst()
            lines.append(batch.lines)
            scans += batch.scans
            last = batch.through
        }
        return DurableBatch(lines: lines.takeSlice(), after: first.after, through: last, scans: scans)
    }

    private func addToIndex(_ batch: DurableBatch) {
        let bytes = batch.lines.pointer
        var start = 0
        for scan in batch.scans {
            let end = start + scan.lineBytes
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            start = end + 1
            let channel = UnsafeRawBufferPointer(rebasing: line[scan.channel])
            index.append(bytes: line.count + 1, crc: scan.crc, channel: channel, isMessage: scan.isMessage)
            amendments.apply(line, scan)
            settings.apply(line, scan)
        }
        precondition(start == bytes.count, "each line has its scan")
    }

    private func refused(_ term: UInt64, _ durable: Offset, _ error: LogError) {
        guard term == sequencer.term else { return }
        precondition(durable == sequencer.durable, "the store cut back to what is not the durable end")
        onRefusal?(error)
        rewind(error)
    }

    private func failed(_ error: LogError) {
        terminalError = error
        rewind(error)
        onFailure?(error)
    }

    private func rewind(_ error: LogError) {
        _ = sequencer.rewind()
        admitted.release()
        scans = []
        batches.removeAll()
        handedOver = sequencer.durable
        let failed = waiters.removeAll()
        for waiter in failed { waiter.completion(error) }
    }
}

extension AppendResult {
    /// To be told when what the admission rests on is durable.
    init(of draft: Draft, _ admission: Admission, epoch: Epoch) {
        func receipt(_ offset: Offset, _ time: Timestamp) -> Receipt {
            Receipt(
                position: Position(epoch: epoch, offset: offset), time: time, channel: draft.channel,
                id: draft.id)
        }
        switch admission {
        case .assigned(let offset, let time): self = .written(receipt(offset, time))
        case .repeated(let offset, let time): self = .repeated(receipt(offset, time))
        case .refused(let refusal): self = .refused(Problem(refusal, of: draft))
        }
    }
}
