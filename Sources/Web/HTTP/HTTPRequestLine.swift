import LogLine

/// `method SP request-target SP HTTP-version` (RFC 9112 3), single spaces.
struct HTTPRequestLine {
    let method: HTTPMethod
    let target: HTTPTarget
    /// The target as it was sent.
    let rawTarget: HTTPHeadRange
    /// Of HTTP/1: 0 or 1.
    let versionMinor: UInt8

    init(_ line: Range<Int>, of bytes: UnsafeRawBufferPointer) throws(HTTPParseFailure) {
        let methodEnd = Self.end(of: line.lowerBound, line, bytes)
        let targetStart = min(methodEnd + 1, line.upperBound)
        let targetEnd = Self.end(of: targetStart, line, bytes)
        guard methodEnd > line.lowerBound, targetEnd > targetStart, targetEnd < line.upperBound else {
            let text = bytes.part(line).excerpt
            throw Self.failure("'\(text)' is not: method, one space, target, one space, version")
        }
        let token = HTTPCharacters.token
        let name = bytes.part(line.lowerBound..<methodEnd)
        guard name.allSatisfy({ token.contains($0) }) else {
            throw Self.failure("the method '\(name.excerpt)' is not a token")
        }
        versionMinor = try HTTPVersion.minor(bytes.part(targetEnd + 1..<line.upperBound))
        guard name.count <= HTTPLimits.methodBytesMax else {
            throw HTTPParseFailure(
                .notImplemented, "request line", "the method '\(name.excerpt)' is not known here")
        }
        guard !HTTPCharacters.equal(name, "CONNECT") else {
            throw Self.failure("CONNECT asks for a proxy, and this is none")
        }
        method = HTTPMethod(token: name)
        rawTarget = HTTPHeadRange(targetStart..<targetEnd)
        target = try HTTPTarget(targetStart..<targetEnd, of: bytes, method: method)
    }

    /// The first space from `start` on, or the line's end.
    private static func end(of start: Int, _ line: Range<Int>, _ bytes: UnsafeRawBufferPointer) -> Int {
        let read = bytes.part(0..<line.upperBound)
        return Memory.firstIndex(of: HTTPCharacters.space, in: read, from: start) ?? line.upperBound
    }

    private static func failure(_ detail: String) -> HTTPParseFailure {
        HTTPParseFailure(.malformed, "request line", detail)
    }
}

/// `HTTP/1.0` or `HTTP/1.1`.
enum HTTPVersion {
    /// 0 or 1. Any other `HTTP/x.y` is refused as not supported, anything else as malformed.
    static func minor(_ bytes: UnsafeRawBufferPointer) throws(HTTPParseFailure) -> UInt8 {
        if HTTPCharacters.equal(bytes, "HTTP/1.1") { return 1 }
        if HTTPCharacters.equal(bytes, "HTTP/1.0") { return 0 }
        let isVersion =
            bytes.count == 8 && HTTPCharacters.equal(bytes.part(0..<5), "HTTP/") && bytes[6] == 0x2E
            && HTTPCharacters.isDigit(bytes[5]) && HTTPCharacters.isDigit(bytes[7])
        throw isVersion
            ? HTTPParseFailure(
                .versionNotSupported, "HTTP version",
                "\(bytes.excerpt) is not spoken here; HTTP/1.1 and HTTP/1.0 are")
            : HTTPParseFailure(.malformed, "HTTP version", "'\(bytes.excerpt)' is not an HTTP version")
    }
}
