import EventLoop
import LogLine
import Replication
import Web

/// What the write stream tells of itself.
public enum WriteStreamStatus: Sendable {
    case open
    case lost(reason: String, retry: Duration)
}

/// Forwards writes to the log on one ordered, pipelined stream.
///
/// Happy path: the drafts of a turn become one `POST /append`; up to `pipelinedBatchesMax` are under way;
/// results come back in order.
/// Failures: when the connection breaks, what is unanswered is sent again, in order, under its ids, so that
/// the log answers what it has already with the first result. A write whose time is over gets 504 when it was
/// passed on, 503 when it was not. While the log is away a bounded number of writes waits a short while for
/// it.
@LoopActor
final class WriteStream {
    private(set) var isOpen = false
    var waitingCount: Int { unsent.count + inFlight.reduce(0) { $0 + $1.unansweredCount } }

    private let origin: Origin
    private let fields: [(name: String, value: String)]
    private let writeTimeout: Duration
    private let onStatus: @LoopActor (WriteStreamStatus) -> Void
    private var connection: ClientConnection?
    private var unsent = [WaitingWrite]()
    private var inFlight = [WriteBatch]()
    private var waitingBytes = 0
    private var isSendQueued = false
    private var backoff = Backoff(
        delayMin: LogClientLimits.reconnectDelayMin, delayMax: LogClientLimits.reconnectDelayMax,
        seed: UInt64.random(in: 0...UInt64.max))
    private var reconnection: LoopTimer?
    private var openedAt = Duration.zero
    /// True at first, so that the first success is told.
    private var wasReportedLost = true
    private var sweep: LoopTimer?

    init(
        _ origin: Origin, fields: [(name: String, value: String)], writeTimeout: Duration,
        onStatus: @escaping @LoopActor (WriteStreamStatus) -> Void
    ) {
        self.origin = origin
        self.fields = fields
        self.writeTimeout = writeTimeout
        self.onStatus = onStatus
        connect()
    }

    func append(_ draft: Draft, completion: @escaping (AppendResult) -> Void) {
        let limit = isOpen ? LogClientLimits.waitingWritesMax : LogClientLimits.waitingWhileAwayMax
        guard waitingCount < limit, waitingBytes < LogClientLimits.waitingBytesMax else {
            let problem: ProblemType = isOpen ? .overloaded : .unavailable
            return completion(.refused(Problem(problem, "\(limit) writes wait for the log already")))
        }
        let write = WaitingWrite(draft, since: LoopClock.monotonic, completion: completion)
        waitingBytes += write.line.count
        unsent.append(write)
        startSweeping()
        queueSend()
    }

    // MARK: Sending

    private func queueSend() {
        guard !isSendQueued else { return }
        isSendQueued = true
        EventLoop.shared.execute { [self] in
            isSendQueued = false
            sendAll()
        }
    }

    private func sendAll() {
        guard isOpen, let connection, !connection.isClosed else { return }
        while !unsent.isEmpty, inFlight.count < LogClientLimits.pipelinedBatchesMax {
            send(takeBatch(), on: connection)
        }
    }

    private func takeBatch() -> [WaitingWrite] {
        var bytes = 0
        var count = 0
        while count < unsent.count, count < LogClientLimits.batchDraftsMax,
            count == 0 || bytes + unsent[count].line.count <= LogClientLimits.batchBytesMax
        {
            bytes += unsent[count].line.count
            count += 1
        }
        defer { unsent.removeFirst(count) }
        return Array(unsent.prefix(count))
    }

    private func send(_ writes: [WaitingWrite], on connection: ClientConnection) {
        let body = ByteBuffer()
        for write in writes {
            write.wasPassedOn = true
            body.append(write.line)
        }
        let batch = WriteBatch(writes) { [weak self] batch, end in self?.ended(batch, end) }
        batch.onResult = { [weak self] write, result in self?.answer(write, result) }
        inFlight.append(batch)
        connection.send(
            ClientRequest(
                .post, "/append", fields: fields + [("content-type", MediaType.ndjson)],
                body: body.takeSlice()), batch)
    }

    // MARK: Results

    private func answer(_ write: WaitingWrite, _ result: AppendResult) {
        guard let completion = write.completion else { return }
        write.completion = nil
        waitingBytes -= write.line.count
        completion(result)
    }

    private func ended(_ batch: WriteBatch, _ end: WriteBatch.End) {
        switch end {
        case .answered:
            inFlight.removeAll { $0 === batch }
            backoff.succeed()
            queueSend()
        case .refused(let problem):
            // The log judged the batch as a whole and took nothing of it.
            inFlight.removeAll { $0 === batch }
            for write in batch.unanswered { answer(write, .refused(problem)) }
            queueSend()
        case .broken:
            // The connection is about to say so; see `lost`.
            connection?.close()
        }
    }

    // MARK: Connection

    private func connect() {
        reconnection = nil
        let connection = ClientConnection(to: origin)
        self.connection = connection
        connection.onOpen = { [weak self] in
            guard let self else { return }
            isOpen = true
            openedAt = LoopClock.monotonic
            if wasReportedLost { onStatus(.open) }
            wasReportedLost = false
            sendAll()
        }
        connection.onClosed = { [weak self] error in self?.lost(error) }
    }

    private func lost(_ error: ClientError) {
        // A server closes connections that are idle for long: nothing worth a word.
        let isQuiet =
            isOpen && inFlight.isEmpty && LoopClock.monotonic - openedAt > LogClientLimits.quietCloseAge
        isOpen = false
        connection = nil
        let again = inFlight.flatMap(\.unanswered)
        inFlight = []
        unsent.insert(contentsOf: again, at: 0)
        if isQuiet { return connect() }
        wasReportedLost = true
        let delay = backoff.fail()
        onStatus(.lost(reason: error.message, retry: delay))
        reconnection = LoopTimer { [unowned self] in connect() }
        reconnection?.schedule(after: delay)
    }

    // MARK: Time

    private func startSweeping() {
        guard sweep == nil else { return }
        sweep = LoopTimer(every: LogClientLimits.sweepInterval) { [unowned self] in giveUpOld() }
    }

    private func giveUpOld() {
        let now = LoopClock.monotonic
        for write in unsent { giveUp(write, at: now) }
        for batch in inFlight { for write in batch.unanswered { giveUp(write, at: now) } }
        unsent.removeAll { $0.completion == nil }
        if waitingCount == 0 { sweep = nil }
    }

    private func giveUp(_ write: WaitingWrite, at now: Duration) {
        let age = now - write.since
        if write.wasPassedOn, age > writeTimeout {
            answer(
                write,
                .refused(
                    Problem(
                        .outcomeUnknown, "the log did not answer within \(writeTimeout)", id: write.id)))
        } else if !write.wasPassedOn,
            age > min(writeTimeout, isOpen ? writeTimeout : LogClientLimits.waitWhileAway)
        {
            answer(
                write,
                .refused(Problem(.unavailable, "the log at \(origin) cannot be reached", id: write.id)))
        }
    }
}
