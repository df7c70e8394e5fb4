import LogLine

/// Reads the requests of one connection, strictly (RFC 9112): whatever two servers could understand
/// differently is refused. One per connection; holds no memory while idle.
///
/// `feed` what arrives, then pull with `next` until it needs more. Requests that arrive together come out one
/// after another; not pulling is how a server holds a client back. Between `headComplete` and the next pull
/// the consumer may judge the head (route, rights), set `bodyBytesMax` and send `100 Continue`. After a
/// refusal, and after a request behind which the connection does not stay open, nothing further is read. The
/// bytes behind a request that turned the connection over to another protocol are in `takeLeftovers`.
///
/// The steps depend only on the bytes, never on how they were cut into pieces.
public final class HTTPRequestParser {
    public enum Step: Sendable {
        case needMore
        /// Comes before every request. Its body is read by the next pull.
        case headComplete(RequestHead)
        case request(HTTPRequest)
        /// Answer with its status and close. Comes again on every further pull.
        case failed(HTTPParseFailure)
    }

    private enum State {
        /// `scanner` and `line` hold what was read of it.
        case head
        /// The body was there with its head.
        case whole(HTTPRequest)
        case sized(RequestHead, count: Int)
        case chunked(RequestHead, HTTPChunkedDecoder)
        case closed
        case failed(HTTPParseFailure)
    }

    /// The limit of the current request's body, to be set after `headComplete`; back to the default with
    /// every head.
    @exclusivity(unchecked) public var bodyBytesMax = HTTPLimits.bodyBytesMax

    // Without the run-time exclusivity check, which several times a request costs more than what is done with
    // them: nothing here calls out.
    @exclusivity(unchecked) private var state = State.head
    @exclusivity(unchecked) private var scanner = HTTPRequestParser.startScanner
    @exclusivity(unchecked) private var line: HTTPRequestLine?
    @exclusivity(unchecked) private var input = HTTPInput()
    /// The decoded part of a chunked body.
    private let body = ByteBuffer()

    public init() {}

    /// Keeps a copy of what has arrived for the next pulls.
    public func feed(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .closed, .failed: return
        case .head, .whole, .sized, .chunked: input.append(bytes)
        }
    }

    /// Whether a request has begun and is not complete: what a timeout for slow clients asks.
    public var hasPartialRequest: Bool {
        switch state {
        case .head: line != nil || !input.isEmpty
        case .whole, .sized, .chunked: true
        case .closed, .failed: false
        }
    }

    /// What is held of a request that is not complete.
    public var heldBytes: Int { input.count + body.count }

    public func next() -> Step {
        // Asked again behind every request: worth a shorter way.
        if case .head = state, input.isEmpty {
            input.compact()
            return .needMore
        }
        do throws(HTTPParseFailure) {
            switch state {
            case .head: return try readHead()
            case .whole(let request): return try deliver(request)
            case .sized(let head, let count): return try readSized(head, count)
            case .chunked(let head, let decoder): return try readChunked(head, decoder)
            case .closed: return .needMore
            case .failed(let failure): return .failed(failure)
            }
        } catch {
            state = .failed(error)
            input.discard()
            body.release()
            return .failed(error)
        }
    }

    /// The bytes behind the last request, which belong to the next protocol; the parser is closed by this.
    public func takeLeftovers() -> ByteSlice {
        let rest = input.take(input.count)
        state = .closed
        input.discard()
        return rest
    }

    // The states, in the order a request goes through them.

    private static let startScanner = HTTPHeadScanner(emptyLinesAllowed: 1)

    private func readHead() throws(HTTPParseFailure) -> Step {
        let bytes = input.unread
        while true {
            switch try scanner.advance(in: bytes) {
            case .startLine(let range):
                line = try HTTPRequestLine(range, of: bytes)
            case .needMore:
                input.compact()
                return .needMore
            case .complete:
                guard let line else { preconditionFailure("a head is complete only after its first line") }
                return try endHead(line)
            }
        }
    }

    private func endHead(_ line: HTTPRequestLine) throws(HTTPParseFailure) -> Step {
        let facts = scanner.facts
        guard line.versionMinor == 0 || facts.host != nil else {
            throw HTTPParseFailure(.malformed, "Host", "HTTP/1.1 requests have a Host")
        }
        try facts.checkFraming(versionMinor: line.versionMinor)
        bodyBytesMax = HTTPLimits.bodyBytesMax
        let bodyCount = facts.contentLength ?? 0
        let isWhole = !facts.isChunked && input.count - scanner.end >= bodyCount
        let bytes = input.take(scanner.end + (isWhole ? bodyCount : 0))
        let head = RequestHead(bytes, line: line, scanner: scanner)
        let bodyStart = scanner.end
        scanner = HTTPRequestParser.startScanner
        self.line = nil
        if isWhole {
            state = .whole(HTTPRequest(head: head, body: bytes[bodyStart..<bytes.count]))
        } else if facts.isChunked {
            state = .chunked(head, HTTPChunkedDecoder())
        } else {
            state = .sized(head, count: bodyCount)
        }
        return .headComplete(head)
    }

    private func readSized(_ head: RequestHead, _ count: Int) throws(HTTPParseFailure) -> Step {
        try checkBody(count)
        guard input.count >= count else {
            input.compact(reserving: count - input.count)
            return .needMore
        }
        return try deliver(HTTPRequest(head: head, body: input.take(count)))
    }

    private func readChunked(
        _ head: RequestHead, _ earlier: HTTPChunkedDecoder
    ) throws(HTTPParseFailure) -> Step {
        var decoder = earlier
        let bytes = input.unread
        var index = 0
        while true {
            switch try decoder.next(in: bytes, at: &index) {
            case .size(let size):
                let (total, overflow) = body.count.addingReportingOverflow(size)
                try checkBody(overflow ? Int.max : total)
            case .data(let range):
                body.append(bytes.part(range))
            case .needMore:
                state = .chunked(head, decoder)
                input.skip(index)
                input.compact()
                return .needMore
            case .end:
                input.skip(index)
                return try deliver(HTTPRequest(head: head, body: body.takeSlice()))
            }
        }
    }

    private func deliver(_ request: HTTPRequest) throws(HTTPParseFailure) -> Step {
        try checkBody(request.body.count)
        if request.head.keepsAlive {
            state = .head
        } else {
            state = .closed
            input.discard()
        }
        return .request(request)
    }

    private func checkBody(_ count: Int) throws(HTTPParseFailure) {
        guard count <= bodyBytesMax else {
            throw HTTPParseFailure(
                .bodyTooLarge, "body", "the body has \(count) bytes or more; the limit is \(bodyBytesMax)")
        }
    }
}
