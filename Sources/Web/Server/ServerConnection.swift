import EventLoop
import LogLine

/// One client's connection: requests in, answers out in the same order.
///
/// Happy path: bytes are parsed, each complete request becomes an `Exchange` that the server's handler
/// answers now or later; the answers of the exchanges in front are written as they come. Several requests may
/// be under way (pipelining), up to `ServerLimits.pipelinedRequestsMax`, then reading pauses; so it does
/// while the client does not take the answers it has.
/// Failures: a request that cannot be parsed is answered with its status, then the connection closes, because
/// where the next request begins is unknown. A slow request gets 408; an idle connection is closed without a
/// word.
@LoopActor
final class ServerConnection: ConnectionHandler {
    let server: HTTPServer
    private let connection: Connection
    private let parser = HTTPRequestParser()
    // Without the run-time exclusivity check: nobody keeps access to one of these while calling out.
    /// Requests that are not completely answered, in order.
    @exclusivity(unchecked) private var exchanges = [Exchange]()
    private var stream: BodyWriter?

    private enum Phase {
        case idle, head, body
    }
    private var phase = Phase.idle
    private var phaseStart: Duration
    /// Of the body that is being received, what the server has counted.
    private var countedBodyBytes = 0
    /// Takes the request whose body is being received.
    @exclusivity(unchecked) private var handle: (@LoopActor (Exchange) -> Void)?
    /// The client waits for `100 Continue`.
    private var isContinueWanted = false
    private var isAcceptingRequests = true
    /// The last request proposes another protocol for what follows: it is read when the answer is known.
    private var isUpgradeProposed = false
    /// The next request is the last one.
    private var isLastWanted = false
    private var hasHadRequest = false
    private var hasReceivedEnd = false
    private var isProcessing = false
    /// Nothing further is read before an answer is written, or its reader has taken more of what it has.
    private var waitsForAnswer = false
    private var isWriting = false
    private var lastProgress: Duration
    private var lastQueuedBytes = 0

    init(_ connection: Connection, server: HTTPServer) {
        self.connection = connection
        self.server = server
        phaseStart = server.now
        lastProgress = server.now
        connection.handler = self
    }

    var isDraining: Bool { !isAcceptingRequests }

    func admitStream(forwardedFor: String?) -> Response? {
        server.admitStream(connection, forwardedFor: forwardedFor)
    }

    /// Closes now when nothing is under way, else after the answers that are. A request counts as under way
    /// from its first byte, wherever that is, and before it on a connection that was opened for it a moment
    /// ago: such a connection stays, and the answer to the request closes it.
    func drain() {
        isLastWanted = true
        connection.receiveArrived()
        guard !connection.isClosed, phase == .idle else { return }
        let isNew = !hasHadRequest && server.now - phaseStart <= server.limits.firstRequestTime
        guard !isNew || !exchanges.isEmpty else { return }
        isAcceptingRequests = false
        closeIfDone()
    }

    // MARK: ConnectionHandler

    func received(_ bytes: UnsafeRawBufferPointer) {
        guard isAcceptingRequests else { return }
        parser.feed(bytes)
        process()
    }

    func receivedEnd() {
        // The client may still read the answers to what it has sent.
        hasReceivedEnd = true
        process()
    }

    func drained() {
        stream?.room()
        process()
    }

    func closed(_ error: SocketError?) {
        isAcceptingRequests = false
        releaseBody()
        let abandoned = exchanges
        exchanges = []
        stream?.abandon()
        stream = nil
        for exchange in abandoned { exchange.abandon() }
        server.connectionClosed(self)
    }

    // MARK: Requests

    private func process() {
        guard !isProcessing else { return }
        isProcessing = true
        waitsForAnswer = false
        defer { isProcessing = false }
        while isAcceptingRequests, !isUpgradeProposed {
            guard hasRoomForRequest else { return waitForAnswer() }
            switch parser.next() {
            case .needMore: return waitForMore()
            case .headComplete(let head): headComplete(head)
            case .request(let request): dispatch(request)
            case .failed(let failure): refuse(server.handler.unparsable(failure))
            }
        }
        if isUpgradeProposed { waitForAnswer() }
    }

    private func waitForAnswer() {
        waitsForAnswer = true
        connection.pauseReading()
    }

    /// A request that has begun is read on; a further one waits until the client has taken most of its
    /// answers.
    private var hasRoomForRequest: Bool {
        guard exchanges.count < server.limits.pipelinedRequestsMax else { return false }
        guard phase == .idle, connection.queuedBytes >= ConnectionLimits.lowWaterBytes else { return true }
        connection.notifyWhenDrained()
        return false
    }

    private func waitForMore() {
        guard !hasReceivedEnd else {
            isAcceptingRequests = false
            return closeIfDone()
        }
        if phase == .idle, parser.hasPartialRequest { enter(.head) }
        guard phase != .body || countBody() else {
            return refuse(server.handler.overloaded("too many request bodies are being received"))
        }
        if phase == .body, isContinueWanted { tellToContinue() }
        connection.resumeReading()
    }

    /// Behind the answers that are due before it.
    private func tellToContinue() {
        guard exchanges.isEmpty else {
            waitsForAnswer = true
            return
        }
        isContinueWanted = false
        connection.send { $0.append("HTTP/1.1 100 Continue\r\n\r\n") }
    }

    private func headComplete(_ head: RequestHead) {
        enter(.body)
        switch server.handler.accept(head, from: connection.peer) {
        case .refuse(let response): refuse(response)
        case .accept(let bodyBytesMax, let handle):
            self.handle = handle
            parser.bodyBytesMax = bodyBytesMax
            isContinueWanted = head.expectsContinue
        }
    }

    /// Counts what has come, not what was announced: that costs nothing to claim. False: it is too much.
    private func countBody() -> Bool {
        let held = parser.heldBytes
        guard server.countBody(held - countedBodyBytes) else { return false }
        countedBodyBytes = held
        return true
    }

    private func dispatch(_ request: HTTPRequest) {
        releaseBody()
        enter(.idle)
        hasHadRequest = true
        let exchange = Exchange(request, connection: self)
        if !request.head.keepsAlive || isLastWanted { isAcceptingRequests = false }
        isUpgradeProposed = request.head.proposesUpgrade && isAcceptingRequests
        exchanges.append(exchange)
        let handle = handle.take()
        handle?(exchange)
    }

    /// Answers what is no request, behind the answers that are due before it, and closes.
    func refuse(_ response: Response) {
        releaseBody()
        handle = nil
        enter(.idle)
        isAcceptingRequests = false
        let exchange = Exchange(nil, connection: self)
        exchanges.append(exchange)
        exchange.respond(response)
    }

    private func enter(_ phase: Phase) {
        self.phase = phase
        phaseStart = server.now
    }

    private func releaseBody() {
        server.releaseBody(countedBodyBytes)
        countedBodyBytes = 0
    }

    // MARK: Answers

    /// Some exchange has its answer: writes those that stand in front.
    func answered() {
        guard !isWriting else { return }
        isWriting = true
        while stream == nil, let exchange = exchanges.first, let response = exchange.response {
            write(response, to: exchange)
            if stream == nil { completeFirst() }
        }
        isWriting = false
        if waitsForAnswer { process() }
    }

    func streamFinished() {
        stream = nil
        // One that is complete at once is seen by the loop that started it.
        guard !isWriting else { return }
        completeFirst()
        answered()
    }

    private func completeFirst() {
        guard let first = exchanges.first else { return }
        first.complete()
        if exchanges.count == 1 { exchanges.removeLast() } else { exchanges.removeFirst() }
        if exchanges.isEmpty { isUpgradeProposed = false }
        enter(phase)
        closeIfDone()
    }

    private func closeIfDone() {
        if !isAcceptingRequests, exchanges.isEmpty { connection.closeGracefully() }
    }

    private func write(_ response: Response, to exchange: Exchange) {
        let head = exchange.head
        exchange.dropResponseBody()
        // Only the last answer says so: what was asked before it is still answered.
        let closes = (server.isDraining || !isAcceptingRequests) && exchanges.count == 1
        if closes { isAcceptingRequests = false }
        switch response.body {
        case .none:
            // Neither has a body; a length in a 304 would be the one of the body that is not sent.
            let length = [204, 304].contains(response.status) ? nil : 0
            connection.send { buffer in
                writeHead(response, head, length: length, closes: closes, into: buffer)
            }
        case .bytes(let slice):
            connection.send { buffer in
                writeHead(response, head, length: slice.count, closes: closes, into: buffer)
            }
            if head?.method != .head { connection.send(slice) }
        case .stream(let length, let start):
            startStream(response, head, length: length, closes: closes, start)
        case .handover(let handover, let take):
            handOver(handover, response, head, take)
        }
    }

    /// The last answer here, and the end of this object: what is left of it are the requests that are given
    /// up, those behind the one answered.
    private func handOver(
        _ handover: Handover, _ response: Response, _ head: RequestHead?,
        _ take: @LoopActor (HandedOver) -> Void
    ) {
        let isBody = handover == .endlessBody
        let isChunked = isBody && head?.versionMinor != 0
        connection.send { buffer in
            writeHead(response, head, length: nil, isChunked: isChunked, closes: isBody, into: buffer)
        }
        isAcceptingRequests = false
        isUpgradeProposed = false
        abandonOthers()
        guard head?.method != .head else { return }
        let handedOver = HandedOver(
            connection: connection, leftovers: parser.takeLeftovers(), isChunked: isChunked)
        for exchange in exchanges { exchange.complete() }
        exchanges = []
        server.connectionClosed(self)
        take(handedOver)
        connection.resumeReading()
        if hasReceivedEnd { connection.handler?.receivedEnd() }
    }

    private func startStream(
        _ response: Response, _ head: RequestHead?, length: Int?, closes: Bool,
        _ start: @LoopActor (BodyWriter) -> Void
    ) {
        let isChunked = length == nil && head?.versionMinor != 0
        let endsWithConnection = length == nil && !isChunked
        let closes = closes || endsWithConnection
        if closes { isAcceptingRequests = false }
        if endsWithConnection { abandonOthers() }
        connection.send { buffer in
            writeHead(
                response, head, length: length, isChunked: isChunked, closes: closes, into: buffer)
        }
        guard head?.method != .head else { return }
        let writer = BodyWriter(owner: self, connection: connection, isChunked: isChunked, length: length)
        stream = writer
        start(writer)
        if !writer.isFinished { writer.waitForRoom() }
    }

    /// Behind an answer that ends with the connection there is no other.
    private func abandonOthers() {
        let others = exchanges.dropFirst()
        exchanges.removeLast(others.count)
        for exchange in others { exchange.abandon() }
    }

    private func writeHead(
        _ response: Response, _ head: RequestHead?, length: Int?, isChunked: Bool = false, closes: Bool,
        into buffer: ByteBuffer
    ) {
        HTTPResponseHead.encodeStatus(response.status, date: HTTPDate.now, into: buffer)
        if let type = response.contentType {
            HTTPResponseHead.encodeField("content-type", type, into: buffer)
        }
        for (name, value) in response.fields { HTTPResponseHead.encodeField(name, value, into: buffer) }
        if let length { HTTPResponseHead.encodeLength(length, into: buffer) }
        if isChunked { buffer.append("transfer-encoding: chunked\r\n") }
        if closes {
            buffer.append("connection: close\r\n")
        } else if head?.versionMinor == 0 {
            buffer.append("connection: keep-alive\r\n")
        }
        buffer.append("\r\n")
    }

    // MARK: Time

    /// Called by the server from time to time.
    func checkTime() {
        let now = server.now
        // Whoever still reads an answer is not idle.
        if phase == .idle, connection.queuedBytes > 0 { phaseStart = now }
        let elapsed = now - phaseStart
        switch phase {
        case .head where elapsed > server.limits.headTime:
            refuse(server.handler.timedOut("the request's header block", server.limits.headTime))
        case .body where elapsed > server.limits.bodyTime:
            refuse(server.handler.timedOut("the request's body", server.limits.bodyTime))
        case .idle where exchanges.isEmpty && elapsed > server.limits.idleTime:
            connection.close()
        default:
            checkReader(now)
        }
    }

    private func checkReader(_ now: Duration) {
        if connection.queuedBytes == 0 || connection.queuedBytes != lastQueuedBytes {
            lastQueuedBytes = connection.queuedBytes
            lastProgress = now
        } else if now - lastProgress > server.limits.stalledReaderTime {
            connection.close(SocketError(.timedOut, "the reader takes nothing"))
        }
    }
}
