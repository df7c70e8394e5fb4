import LogLine

/// Reads the responses of one connection, as strictly as `HTTPRequestParser` reads requests. Bodies of any
/// size are handed on piece by piece as they arrive, never collected.
///
/// `feed` what arrives, then pull with `next` until it needs more; before a response begins, say with
/// `expect` what it answers. At the connection's end say `feedEnd`: a body that ends with the connection is
/// complete then; where anything else is incomplete, `next` goes on needing more, for ever. After a refusal,
/// and after a response behind which the connection does not stay open, nothing further is read.
///
/// But for the cuts between the pieces of a body, the steps depend only on the bytes, never on how they were
/// cut.
public final class HTTPResponseParser {
    public enum Step {
        case needMore
        case head(ResponseHead)
        /// The body's next bytes, transfer codings removed; valid until the parser is called again.
        case body(UnsafeRawBufferPointer)
        case end
        /// Comes again on every further pull.
        case failed(HTTPParseFailure)
    }

    private enum State {
        case head(HTTPHeadScanner, HTTPStatusLine?)
        case sized(remaining: Int)
        case chunked(HTTPChunkedDecoder)
        case untilEnd
        case closed
        case failed(HTTPParseFailure)

        static var start: State { .head(HTTPHeadScanner(emptyLinesAllowed: 0), nil) }
    }

    private var state = State.start
    private var input = HTTPInput()
    private var hasEnded = false
    private var keepsAlive = true
    private var answersHead = false
    private var informationalCount = 0

    public init() {}

    /// The next response to begin answers a request of this method (that to HEAD has no body).
    public func expect(answerTo method: HTTPMethod) { answersHead = method == .head }

    /// Keeps a copy of what has arrived for the next pulls.
    public func feed(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .closed, .failed: return
        case .head, .sized, .chunked, .untilEnd: input.append(bytes)
        }
    }

    /// The peer has sent its last byte.
    public func feedEnd() { hasEnded = true }

    /// Bytes are here that no step has covered.
    public var hasBufferedBytes: Bool { !input.isEmpty }

    public func next() -> Step {
        do throws(HTTPParseFailure) {
            switch state {
            case .head(let scanner, let line): return try readHead(scanner, line)
            case .sized(let remaining): return readSized(remaining)
            case .chunked(let decoder): return try readChunked(decoder)
            case .untilEnd: return readUntilEnd()
            case .closed: return .needMore
            case .failed(let failure): return .failed(failure)
            }
        } catch {
            state = .failed(error)
            input.discard()
            return .failed(error)
        }
    }

    // The states, in the order a response goes through them.

    private func readHead(
        _ earlier: HTTPHeadScanner, _ earlierLine: HTTPStatusLine?
    ) throws(HTTPParseFailure) -> Step {
        var scanner = earlier
        var line = earlierLine
        while true {
            let bytes = input.unread
            switch try scanner.advance(in: bytes) {
            case .startLine(let range):
                line = try HTTPStatusLine(range, of: bytes)
            case .needMore:
                state = .head(scanner, line)
                input.compact()
                return .needMore
            case .complete:
                guard let line else { preconditionFailure("a head is complete only after its first line") }
                if line.status >= 200 { return try endHead(scanner, line) }
                try skipInformational(scanner, line)
                scanner = HTTPHeadScanner(emptyLinesAllowed: 0)
            }
        }
    }

    private func skipInformational(
        _ scanner: HTTPHeadScanner, _ line: HTTPStatusLine
    ) throws(HTTPParseFailure) {
        guard line.status != 101 else {
            throw HTTPParseFailure(.malformed, "status line", "101 came, but no upgrade was asked for")
        }
        informationalCount += 1
        guard informationalCount <= HTTPLimits.informationalCountMax else {
            let limit = HTTPLimits.informationalCountMax
            throw HTTPParseFailure(.malformed, "status line", "over \(limit) informational responses came")
        }
        input.skip(scanner.end)
    }

    private func endHead(
        _ scanner: HTTPHeadScanner, _ line: HTTPStatusLine
    ) throws(HTTPParseFailure) -> Step {
        let facts = scanner.facts
        try facts.checkFraming(versionMinor: line.versionMinor)
        informationalCount = 0
        let bytes = input.take(scanner.end)
        let hasBody = !answersHead && line.status != 204 && line.status != 304
        let isFramed = !hasBody || facts.isChunked || facts.contentLength != nil
        keepsAlive = isFramed && facts.keepsAlive(versionMinor: line.versionMinor)
        if !hasBody {
            state = .sized(remaining: 0)
        } else if facts.isChunked {
            state = .chunked(HTTPChunkedDecoder())
        } else if let length = facts.contentLength {
            state = .sized(remaining: length)
        } else {
            state = .untilEnd
        }
        return .head(
            ResponseHead(
                status: line.status, versionMinor: line.versionMinor, keepsAlive: keepsAlive,
                contentLength: facts.contentLength, fields: HTTPFields(lines: bytes[scanner.fields])))
    }

    private func readSized(_ remaining: Int) -> Step {
        guard remaining > 0 else { return end() }
        guard !input.isEmpty else { return needMore() }
        let piece = UnsafeRawBufferPointer(rebasing: input.unread.prefix(remaining))
        state = .sized(remaining: remaining - piece.count)
        input.skip(piece.count)
        return .body(piece)
    }

    private func readChunked(_ earlier: HTTPChunkedDecoder) throws(HTTPParseFailure) -> Step {
        var decoder = earlier
        let bytes = input.unread
        var index = 0
        while true {
            let step = try decoder.next(in: bytes, at: &index)
            switch step {
            case .size: continue
            case .data(let range):
                state = .chunked(decoder)
                input.skip(index)
                return .body(bytes.part(range))
            case .needMore:
                state = .chunked(decoder)
                input.skip(index)
                return needMore()
            case .end:
                input.skip(index)
                return end()
            }
        }
    }

    private func readUntilEnd() -> Step {
        guard !input.isEmpty else { return hasEnded ? end() : needMore() }
        let piece = input.unread
        input.skip(piece.count)
        return .body(piece)
    }

    private func end() -> Step {
        if keepsAlive {
            state = .start
        } else {
            state = .closed
            input.discard()
        }
        return .end
    }

    private func needMore() -> Step {
        input.compact()
        return .needMore
    }
}
