import EventLoop
import LogLine

/// The bounds of the HTTP client.
public enum ClientLimits {
    public static let connectTime = Duration.seconds(3)
    /// Between two pieces of an answer, and before the first one.
    public static let silenceTime = Duration.seconds(10)
    /// Connections to one origin.
    public static let connectionsMax = 8
    /// Requests waiting for one of them.
    public static let waitingRequestsMax = 1_024
    /// A kept-alive connection that nobody uses is closed.
    public static let idleTime = Duration.seconds(30)
    /// Of an answer that is collected as a whole.
    public static let collectedBodyBytesMax = 16 << 20
}

/// One connection to an origin: requests are sent at once, one behind another (pipelining), and answered in
/// order.
///
/// When the connection breaks, every request on it fails with a code that says whether it may have arrived;
/// nothing is sent again here. After that the connection is of no more use.
@LoopActor
public final class ClientConnection: ConnectionHandler {
    public let origin: Origin
    /// Called once when the connection is gone, after its requests have failed.
    public var onClosed: (@LoopActor (ClientError) -> Void)?
    /// Called once when it is open.
    public var onOpen: (@LoopActor () -> Void)?
    public private(set) var isOpen = false
    public private(set) var isClosed = false
    /// False once an answer said that it is the last one.
    public private(set) var isReusable = true
    public var requestCount: Int { waiting.count }
    public var queuedBytes: Int { connection?.queuedBytes ?? 0 }
    /// Whether any answer has come over it.
    public private(set) var hasAnswered = false

    private struct Waiting {
        let consumer: any ResponseConsumer
        let method: HTTPMethod
    }

    private var connector: Connector?
    private var connection: Connection?
    private var parser = HTTPResponseParser()
    private var waiting = [Waiting]()
    private var hasHead = false
    private var unsent = [ClientRequest]()
    private var silence: LoopTimer?
    private let silenceTime: Duration
    private var isPaused = false

    /// Starts to connect.
    public init(
        to origin: Origin, connectTime: Duration = ClientLimits.connectTime,
        silenceTime: Duration = ClientLimits.silenceTime
    ) {
        self.origin = origin
        self.silenceTime = silenceTime
        connector = Connector(host: origin.host, port: origin.port, timeout: connectTime) {
            [weak self] result in
            self?.connected(result)
        }
    }

    /// Precondition: not closed.
    public func send(_ request: ClientRequest, _ consumer: any ResponseConsumer) {
        precondition(!isClosed, "the connection is closed")
        waiting.append(Waiting(consumer: consumer, method: request.method))
        guard let connection else { return unsent.append(request) }
        connection.send { request.encode(for: origin, into: $0) }
        watchSilence()
    }

    /// Backpressure: the consumer cannot take more now.
    public func pause() {
        isPaused = true
        connection?.pauseReading()
        silence?.cancel()
    }

    public func resume() {
        isPaused = false
        connection?.resumeReading()
        watchSilence()
    }

    public func close() { fail(ClientError(.unanswered, "closed by our side")) }

    // MARK: ConnectionHandler

    public func received(_ bytes: UnsafeRawBufferPointer) {
        silence?.cancel()
        parser.feed(bytes)
        readAnswers()
        watchSilence()
    }

    public func receivedEnd() {
        parser.feedEnd()
        readAnswers()
        fail(ClientError(hasHead ? .incomplete : .unanswered, "\(origin) closed the connection"))
    }

    public func drained() {}

    public func closed(_ error: SocketError?) {
        connection = nil
        fail(ClientError(hasHead ? .incomplete : .unanswered, error?.message ?? "\(origin): closed"))
    }

    // MARK: Private

    private func connected(_ result: Result<Connection, SocketError>) {
        connector = nil
        switch result {
        case .failure(let error): fail(ClientError(.notSent, error.message))
        case .success(let connection):
            self.connection = connection
            connection.handler = self
            isOpen = true
            let requests = unsent
            unsent = []
            for request in requests { connection.send { request.encode(for: origin, into: $0) } }
            if !requests.isEmpty { watchSilence() }
            onOpen?()
        }
    }

    private func readAnswers() {
        while !isClosed, let first = waiting.first {
            if !hasHead { parser.expect(answerTo: first.method) }
            switch parser.next() {
            case .needMore: return
            case .head(let head):
                hasHead = true
                hasAnswered = true
                if !head.keepsAlive { isReusable = false }
                first.consumer.received(head)
            case .body(let bytes): first.consumer.received(body: bytes)
            case .end: complete()
            case .failed(let failure):
                return fail(ClientError(.malformed, "\(origin) answers malformed HTTP: \(failure.detail)"))
            }
        }
        if !isClosed, waiting.isEmpty, parser.hasBufferedBytes {
            fail(ClientError(.malformed, "\(origin) sends an answer that nobody asked for"))
        }
    }

    private func complete() {
        hasHead = false
        let consumer = waiting.removeFirst().consumer
        // What stands behind the last answer must not be taken for one to a request that comes now.
        if waiting.isEmpty, parser.hasBufferedBytes { isReusable = false }
        consumer.ended()
    }

    private func watchSilence() {
        guard !isClosed, !isPaused, !waiting.isEmpty else { return }
        if silence == nil {
            silence = LoopTimer { [unowned self] in
                fail(ClientError(.timedOut, "\(origin): nothing came for \(silenceTime)"))
            }
        }
        silence?.schedule(after: silenceTime)
    }

    private func fail(_ error: ClientError) {
        guard !isClosed else { return }
        isClosed = true
        isOpen = false
        silence = nil
        connector?.cancel()
        connector = nil
        let open = connection
        connection = nil
        open?.close()
        let failed = waiting
        waiting = []
        let wasSent = unsent.isEmpty
        unsent = []
        for (index, request) in failed.enumerated() {
            let code = wasSent ? ClientConnection.code(error.code, at: index) : .notSent
            request.consumer.failed(ClientError(code, error.message))
        }
        let callback = onClosed
        onClosed = nil
        onOpen = nil
        callback?(error)
    }

    /// What came of an answer, or instead of one, was the first request's; of the others nothing is known.
    private static func code(_ code: ClientError.Code, at index: Int) -> ClientError.Code {
        switch code {
        case .incomplete, .malformed: index == 0 ? code : .unanswered
        case .notSent, .unanswered, .timedOut: code
        }
    }
}
