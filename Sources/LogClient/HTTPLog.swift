import EventLoop
import LogLine
import Replication
import Web

/// The bounds of the way to the log.
public enum LogClientLimits {
    /// Batches of writes that are sent and not answered.
    static let pipelinedBatchesMax = 8
    /// One batch; one draft at least.
    static let batchBytesMax = 1 << 20
    static let batchDraftsMax = 2_000
    /// Writes that wait for their result, whether sent or not; a further one is refused.
    public static let waitingWritesMax = 16_384
    public static let waitingBytesMax = 64 << 20
    /// While the log is away, so many may wait for it to come back …
    public static let waitingWhileAwayMax = 1_024
    /// … for so long.
    public static let waitWhileAway = Duration.seconds(1)
    static let reconnectDelayMin = Duration.milliseconds(50)
    /// Less than `waitWhileAway`: what waits is written when the log is back in time.
    static let reconnectDelayMax = Duration.milliseconds(500)
    /// A connection that was open for at least so long and breaks while nothing is under way is replaced
    /// without a word.
    static let quietCloseAge = Duration.seconds(5)
    /// How often waiting writes are looked through for those whose time is over.
    static let sweepInterval = Duration.milliseconds(50)
    /// One line of the log's answer to a batch.
    static let resultBytesMax = 64 * 1024
    /// A refusal's body.
    static let problemBytesMax = 64 * 1024
    /// A stream on which nothing comes is broken off by the follower; this is only the last resort.
    static let streamSilence = Duration.seconds(30)
    /// A report that is not answered for so long has failed; the next one follows.
    static let reportSilence = Duration.seconds(3)
    /// Questions for confirmations that are under way; beyond it they become one.
    static let confirmationRequestsMax = 32
    /// A wait may take its whole time, in which nothing comes.
    static let confirmationSilence = ConfirmationLimits.timeoutMax + .seconds(2)
    /// The log says itself when a wait's time is over; after so much more it is not waited for.
    static let confirmationGrace = Duration.seconds(1)
}

/// The log over HTTP: one connection for writes, one for the stream of lines, one for reports, a few for
/// reads that are passed on.
@LoopActor
public final class HTTPLog {
    private let fields: [(name: String, value: String)]
    private let lines: HTTPLines
    private let writes: WriteStream
    private let reads: HTTPClient
    private let reports: HTTPClient
    private let confirmations: ConfirmationRequests

    /// - Parameters:
    ///   - secret: the cluster's, sent as bearer token.
    ///   - writeTimeout: how long a write may wait for its result.
    public init(
        _ origin: Origin, secret: [UInt8]?, writeTimeout: Duration,
        onStatus: @escaping @LoopActor (WriteStreamStatus) -> Void
    ) {
        fields = HTTPLines.fields(secret: secret)
        lines = HTTPLines(origin, secret: secret)
        writes = WriteStream(origin, fields: fields, writeTimeout: writeTimeout, onStatus: onStatus)
        reads = HTTPClient(origin)
        confirmations = ConfirmationRequests(origin, fields: fields)
        reports = HTTPClient(origin, silenceTime: LogClientLimits.reportSilence)
    }
}

extension HTTPLog: @LoopActor LogUpstream {
    public var isReachable: Bool { writes.isOpen }
    public var waitingWrites: Int { writes.waitingCount }

    public func append(_ draft: Draft, completion: @escaping (AppendResult) -> Void) {
        writes.append(draft, completion: completion)
    }

    public func report(
        _ report: ReplicaReport, completion: @escaping (Result<ReportAnswer, Problem>) -> Void
    ) {
        let body = ByteBuffer()
        report.encode(into: body)
        reports.send(
            ClientRequest(
                .post, "/replicas", fields: fields + [("content-type", MediaType.json)],
                body: body.takeSlice()), ReportExchange(completion))
    }

    public func confirm(
        _ position: Position, _ requirement: ConfirmationRequirement, timeout: Duration,
        completion: @escaping (ConfirmationResult) -> Void
    ) {
        confirmations.add(position, requirement, timeout: timeout, completion)
    }

    public var waitingConfirmations: Int { confirmations.count }

    public func open(_ request: LogRequest, onEvent: @escaping (LogStreamEvent) -> Void) {
        lines.open(request, onEvent: onEvent)
    }

    public func close(_ request: Int) { lines.close(request) }

    public func read(
        _ target: String, accept: String?, onEvent: @escaping (PassedReadEvent) -> Void
    ) -> any PassedRead {
        var fields = fields
        if let accept { fields.append(("accept", accept)) }
        let consumer = PassedReadConsumer(onEvent)
        return reads.send(ClientRequest(.get, target, fields: fields), consumer)
    }
}

extension ClientExchange: @LoopActor PassedRead {}

/// Tells the port's events of an answer.
@LoopActor
private final class PassedReadConsumer: ResponseConsumer {
    private let onEvent: (PassedReadEvent) -> Void
    /// What of the log's answer is the reader's, too.
    private static let passedFields: [StaticString] = [
        "content-type", "log-epoch", "log-head", "cache-control", "retry-after",
    ]

    init(_ onEvent: @escaping (PassedReadEvent) -> Void) { self.onEvent = onEvent }

    func received(_ head: ResponseHead) {
        let fields = PassedReadConsumer.passedFields.compactMap { name in
            head.fields.value(name).map { (name: "\(name)", value: $0) }
        }
        onEvent(.started(status: head.status, fields: fields, length: head.contentLength))
    }

    func received(body bytes: UnsafeRawBufferPointer) { onEvent(.bytes(bytes)) }
    func ended() { onEvent(.ended) }
    func failed(_ error: ClientError) { onEvent(.failed(reason: error.message)) }
}
