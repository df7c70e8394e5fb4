/// What the field lines of a head say about the message's framing, its host and its connection, gathered line
/// by line; everything ambiguous is refused (RFC 9112 3.2, 6 and 9).
struct HTTPFieldFacts {
    private(set) var count = 0
    private(set) var contentLength: Int?
    private(set) var isChunked = false
    /// The value of Host, as a range of the head.
    private(set) var host: HTTPHeadRange?
    private(set) var expectsContinue = false
    /// Whether the request comes from a page, which is to be told whether it may read the answer.
    private(set) var hasOrigin = false
    /// `close`, `keep-alive` and `upgrade` among the tokens of Connection.
    private(set) var wantsClose = false
    private(set) var wantsKeepAlive = false
    private(set) var wantsUpgrade = false

    /// `line` without its CRLF.
    mutating func add(_ line: Range<Int>, of bytes: UnsafeRawBufferPointer) throws(HTTPParseFailure) {
        count += 1
        guard count <= HTTPLimits.fieldCountMax else {
            throw HTTPParseFailure(
                .fieldsTooLarge, "header", "there are over \(HTTPLimits.fieldCountMax) header fields")
        }
        let field = try HTTPFieldLine(line, of: bytes)
        let name = bytes.part(field.name)
        switch name.count {
        case 4 where HTTPCharacters.equal(name, ignoringCase: "host"):
            try addHost(field.value, of: bytes)
        case 6 where HTTPCharacters.equal(name, ignoringCase: "expect"):
            let value = bytes.part(field.value)
            expectsContinue = HTTPCharacters.equal(value, ignoringCase: "100-continue")
        case 6 where HTTPCharacters.equal(name, ignoringCase: "origin"):
            hasOrigin = true
        case 10 where HTTPCharacters.equal(name, ignoringCase: "connection"):
            let tokens = HTTPTokenList(bytes.part(field.value))
            wantsClose = wantsClose || tokens.contains("close")
            wantsKeepAlive = wantsKeepAlive || tokens.contains("keep-alive")
            wantsUpgrade = wantsUpgrade || tokens.contains("upgrade")
        case 14 where HTTPCharacters.equal(name, ignoringCase: "content-length"):
            try addContentLength(bytes.part(field.value))
        case 17 where HTTPCharacters.equal(name, ignoringCase: "transfer-encoding"):
            try addTransferEncoding(bytes.part(field.value))
        default:
            break
        }
    }

    /// What can be judged only when all fields are known. `versionMinor`: 0 or 1.
    func checkFraming(versionMinor: UInt8) throws(HTTPParseFailure) {
        guard isChunked else { return }
        guard contentLength == nil else {
            throw HTTPParseFailure(
                .malformed, "Content-Length", "Content-Length and Transfer-Encoding exclude each other")
        }
        guard versionMinor > 0 else {
            throw HTTPParseFailure(
                .malformed, "Transfer-Encoding", "HTTP/1.0 knows no Transfer-Encoding")
        }
    }

    /// RFC 9112 9.3: 1.1 stays open unless `close`; 1.0 only with `keep-alive`.
    func keepsAlive(versionMinor: UInt8) -> Bool {
        versionMinor > 0 ? !wantsClose : wantsKeepAlive && !wantsClose
    }

    private mutating func addHost(
        _ value: Range<Int>, of bytes: UnsafeRawBufferPointer
    ) throws(HTTPParseFailure) {
        guard host == nil else {
            throw HTTPParseFailure(.malformed, "Host", "there is more than one Host")
        }
        guard HTTPAuthority.isValid(bytes.part(value)) else {
            throw HTTPParseFailure(
                .malformed, "Host", "'\(bytes.part(value).excerpt)' is not a host with an optional port")
        }
        host = HTTPHeadRange(value)
    }

    private mutating func addContentLength(_ value: UnsafeRawBufferPointer) throws(HTTPParseFailure) {
        guard contentLength == nil else {
            throw HTTPParseFailure(.malformed, "Content-Length", "there is more than one Content-Length")
        }
        guard !value.isEmpty, value.allSatisfy(HTTPCharacters.isDigit) else {
            throw HTTPParseFailure(
                .malformed, "Content-Length", "'\(value.excerpt)' is not a plain decimal number")
        }
        guard value.count <= HTTPLimits.contentLengthDigitsMax else {
            let limit = HTTPLimits.contentLengthDigitsMax
            throw HTTPParseFailure(
                .bodyTooLarge, "Content-Length",
                "Content-Length has \(value.count) digits; the limit is \(limit)")
        }
        contentLength = value.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private mutating func addTransferEncoding(_ value: UnsafeRawBufferPointer) throws(HTTPParseFailure) {
        guard !isChunked else {
            throw HTTPParseFailure(
                .malformed, "Transfer-Encoding", "there is more than one Transfer-Encoding")
        }
        guard !value.isEmpty else {
            throw HTTPParseFailure(.malformed, "Transfer-Encoding", "Transfer-Encoding is empty")
        }
        guard HTTPCharacters.equal(value, ignoringCase: "chunked") else {
            throw HTTPParseFailure(
                .notImplemented, "Transfer-Encoding",
                "the transfer coding '\(value.excerpt)' is not known here; only chunked is")
        }
        isChunked = true
    }
}
