/// Takes a head apart line by line while it arrives, looking at each byte once, and gathers what its fields
/// say.
///
/// It is shown the message's bytes so far, always from the message's first byte on; what it remembers are
/// indices. Lines end in CRLF; a bare LF is refused where it stands. Every refusal depends only on the bytes
/// up to the one that caused it, never on how they were cut into pieces.
struct HTTPHeadScanner {
    enum Progress: Equatable {
        case needMore
        /// The request or status line, without its CRLF; told once.
        case startLine(Range<Int>)
        /// The empty line has been read: the head is complete up to `HTTPHeadScanner.end`.
        case complete
    }

    private(set) var facts = HTTPFieldFacts()
    /// Where the field lines begin, behind the start line's CRLF.
    private(set) var fieldsStart = 0
    /// Behind the last whole line.
    private(set) var end = 0
    /// Up to where no line end was found.
    private var scanned = 0
    private var hasStartLine = false
    /// RFC 9112 2.2 lets a server skip an empty line before a request line; one, so that it is bounded.
    private var emptyLinesAllowed: Int

    init(emptyLinesAllowed: Int) { self.emptyLinesAllowed = emptyLinesAllowed }

    /// The field lines read so far, each with its CRLF. After `complete`: all, without the empty line.
    var fields: Range<Int> { fieldsStart..<max(fieldsStart, end - 2) }

    mutating func advance(in bytes: UnsafeRawBufferPointer) throws(HTTPParseFailure) -> Progress {
        while let line = try nextLine(in: bytes) {
            guard hasStartLine else {
                if line.isEmpty {
                    try skipEmptyLine()
                    continue
                }
                hasStartLine = true
                fieldsStart = end
                return .startLine(line)
            }
            if line.isEmpty { return .complete }
            try facts.add(line, of: bytes)
        }
        return .needMore
    }

    /// The next whole line without its CRLF.
    private mutating func nextLine(in bytes: UnsafeRawBufferPointer) throws(HTTPParseFailure) -> Range<Int>? {
        guard let lineFeed = bytes.firstIndex(of: HTTPCharacters.lineFeed, from: scanned) else {
            scanned = bytes.count
            try checkLength(upTo: scanned)
            return nil
        }
        try checkLength(upTo: lineFeed + 1)
        guard lineFeed > end, bytes[lineFeed - 1] == HTTPCharacters.carriageReturn else {
            throw HTTPParseFailure(.malformed, partName, "a line ends in a bare LF; lines end in CRLF")
        }
        let line = end..<lineFeed - 1
        end = lineFeed + 1
        scanned = end
        return line
    }

    /// A line that is not whole yet counts for what has come of it.
    private func checkLength(upTo seen: Int) throws(HTTPParseFailure) {
        if hasStartLine {
            let limit = HTTPLimits.fieldBytesMax
            guard seen - fieldsStart <= limit + 2 else {
                throw HTTPParseFailure(.fieldsTooLarge, partName, "the fields have over \(limit) bytes")
            }
        } else {
            let limit = HTTPLimits.startLineBytesMax
            guard seen - end <= limit + 2 else {
                throw HTTPParseFailure(.startLineTooLong, partName, "the first line has over \(limit) bytes")
            }
        }
    }

    private var partName: String { hasStartLine ? "header" : "first line" }

    private mutating func skipEmptyLine() throws(HTTPParseFailure) {
        guard emptyLinesAllowed > 0 else {
            throw HTTPParseFailure(.malformed, partName, "an empty line stands where the first line should")
        }
        emptyLinesAllowed -= 1
    }
}
