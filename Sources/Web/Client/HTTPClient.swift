import EventLoop
import LogLine

/// A bounded pool of kept-alive connections to one origin.
///
/// Each request has a connection to itself. One that was sent over a connection which had been idle, and
/// which broke before anything of the answer came, is sent once more when it is safe to (GET, HEAD): the
/// server may have closed the idle connection at that moment.
@LoopActor
public final class HTTPClient {
    public let origin: Origin
    private let silenceTime: Duration
    private let connectionsMax: Int

    private var idle = [(connection: ClientConnection, since: Duration)]()
    /// Requests that have a connection, or are waiting for theirs to open.
    private(set) var busyCount = 0
    private var pending = [ClientExchange]()
    private var sweep: LoopTimer?

    public init(
        _ origin: Origin, silenceTime: Duration = ClientLimits.silenceTime,
        connectionsMax: Int = ClientLimits.connectionsMax
    ) {
        self.origin = origin
        self.connectionsMax = connectionsMax
        self.silenceTime = silenceTime
    }

    /// Sends now, or when a connection is free; beyond `ClientLimits.waitingRequestsMax` waiting ones it
    /// fails. The returned exchange pauses, resumes and cancels it.
    @discardableResult
    public func send(_ request: ClientRequest, _ consumer: any ResponseConsumer) -> ClientExchange {
        let exchange = ClientExchange(consumer, client: self, request: request)
        if idle.isEmpty, busyCount >= connectionsMax {
            guard pending.count < ClientLimits.waitingRequestsMax else {
                exchange.failed(ClientError(.notSent, "\(pending.count) requests wait for \(origin) already"))
                return exchange
            }
            pending.append(exchange)
            return exchange
        }
        start(exchange)
        return exchange
    }

    /// The whole answer, up to `ClientLimits.collectedBodyBytesMax`.
    public func response(to request: ClientRequest) async throws(ClientError) -> (
        head: ResponseHead, body: ByteSlice
    ) {
        let result: Result<(head: ResponseHead, body: ByteSlice), ClientError> =
            await withCheckedContinuation { continuation in
                let consumer = CollectingConsumer { continuation.resume(returning: $0) }
                consumer.exchange = send(request, consumer)
            }
        return try result.get()
    }

    // MARK: For its exchanges

    /// In the place it has already.
    fileprivate func startAgain(_ exchange: ClientExchange) {
        exchange.begin(on: ClientConnection(to: origin, silenceTime: silenceTime), isReused: false)
    }

    /// It is not to be sent any more.
    fileprivate func forget(_ exchange: ClientExchange) {
        pending.removeAll { $0 === exchange }
    }

    fileprivate func start(_ exchange: ClientExchange) {
        busyCount += 1
        while let (connection, _) = idle.popLast() {
            guard !connection.isClosed else { continue }
            exchange.begin(on: connection, isReused: true)
            return
        }
        exchange.begin(on: ClientConnection(to: origin, silenceTime: silenceTime), isReused: false)
    }

    fileprivate func release(_ connection: ClientConnection) {
        busyCount -= 1
        if !connection.isClosed, connection.isReusable {
            idle.append((connection, LoopClock.monotonic))
            startSweeping()
        } else {
            connection.close()
        }
        guard !pending.isEmpty, busyCount < connectionsMax else { return }
        start(pending.removeFirst())
    }

    private func startSweeping() {
        guard sweep == nil else { return }
        sweep = LoopTimer(every: ClientLimits.idleTime / 4) { [weak self] in self?.closeIdle() }
    }

    private func closeIdle() {
        let now = LoopClock.monotonic
        let isStale = { (entry: (connection: ClientConnection, since: Duration)) in
            entry.connection.isClosed || now - entry.since > ClientLimits.idleTime
        }
        for entry in idle where isStale(entry) { entry.connection.close() }
        idle.removeAll { $0.connection.isClosed }
        if idle.isEmpty { sweep = nil }
    }
}

/// One request of an `HTTPClient` under way.
@LoopActor
public final class ClientExchange: ResponseConsumer {
    private var consumer: (any ResponseConsumer)?
    private let client: HTTPClient
    private let request: ClientRequest
    private var connection: ClientConnection?
    private var mayRetry = false

    init(_ consumer: any ResponseConsumer, client: HTTPClient, request: ClientRequest) {
        self.consumer = consumer
        self.client = client
        self.request = request
    }

    public func pause() { connection?.pause() }
    public func resume() { connection?.resume() }

    /// The consumer hears nothing more; the connection is given up.
    public func cancel() {
        guard consumer != nil else { return }
        consumer = nil
        mayRetry = false
        guard let connection else { return client.forget(self) }
        connection.close()
    }

    func begin(on connection: ClientConnection, isReused: Bool) {
        self.connection = connection
        mayRetry = isReused && (request.method == .get || request.method == .head)
        connection.send(request, self)
    }

    public func received(_ head: ResponseHead) {
        mayRetry = false
        consumer?.received(head)
    }

    public func received(body bytes: UnsafeRawBufferPointer) { consumer?.received(body: bytes) }

    public func ended() {
        let consumer = self.consumer
        finish()
        consumer?.ended()
    }

    public func failed(_ error: ClientError) {
        let consumer = self.consumer
        if mayRetry, error.code == .unanswered { return client.startAgain(self) }
        finish()
        consumer?.failed(error)
    }

    private func finish() {
        consumer = nil
        releaseConnection()
    }

    private func releaseConnection() {
        guard let connection else { return }
        self.connection = nil
        connection.resume()
        client.release(connection)
    }
}

/// Collects an answer as a whole.
@LoopActor
private final class CollectingConsumer: ResponseConsumer {
    typealias Outcome = Result<(head: ResponseHead, body: ByteSlice), ClientError>

    private var completion: ((Outcome) -> Void)?
    private var head: ResponseHead?
    private let body = ByteBuffer()
    /// Given up when the answer is too long.
    weak var exchange: ClientExchange?

    init(_ completion: @escaping (Outcome) -> Void) { self.completion = completion }

    func received(_ head: ResponseHead) { self.head = head }

    func received(body bytes: UnsafeRawBufferPointer) {
        guard body.count + bytes.count <= ClientLimits.collectedBodyBytesMax else {
            exchange?.cancel()
            return finish(
                .failure(
                    ClientError(
                        .incomplete, "the answer has more than \(ClientLimits.collectedBodyBytesMax) bytes")))
        }
        body.append(bytes)
    }

    func ended() {
        guard let head else { return finish(.failure(ClientError(.malformed, "an answer without a head"))) }
        finish(.success((head, body.takeSlice())))
    }

    func failed(_ error: ClientError) { finish(.failure(error)) }

    private func finish(_ outcome: Outcome) {
        let completion = self.completion
        self.completion = nil
        completion?(outcome)
    }
}
