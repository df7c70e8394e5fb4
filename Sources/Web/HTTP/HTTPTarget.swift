/// A request target, taken apart (RFC 9112 3.2).
///
/// | form | example | accepted |
/// |---|---|---|
/// | origin | `/messages/a?last=5` | yes |
/// | absolute | `http://host:8000/messages` | yes; its authority takes the place of Host |
/// | asterisk | `*` | with OPTIONS only; its path is empty |
/// | authority | `host:443` | no: it belongs to CONNECT |
///
/// Valid if and only if: visible ASCII only, no fragment, every `%` of path and query begins a `%XX`, no path
/// segment is `.` or `..` (also when written as `%2e`: a path is never resolved here, so it must need no
/// resolving), and the query's decoded names and values are UTF-8, at most `HTTPLimits.queryItemCountMax` of
/// them.
struct HTTPTarget {
    /// Empty unless the form is absolute.
    private(set) var authority = HTTPHeadRange.empty
    private(set) var path = HTTPHeadRange.empty
    /// Behind the `?`; empty without one.
    private(set) var query = HTTPHeadRange.empty

    init(
        _ target: Range<Int>, of bytes: UnsafeRawBufferPointer, method: HTTPMethod
    ) throws(HTTPParseFailure) {
        let findings = try Findings(target, of: bytes)
        if bytes[target.lowerBound] == UInt8(ascii: "*"), target.count == 1, method == .options { return }
        var pathStart = target.lowerBound
        if bytes[pathStart] != UInt8(ascii: "/") {
            let range = try Self.authority(of: target, in: bytes)
            authority = HTTPHeadRange(range)
            pathStart = range.upperBound
        }
        path = HTTPHeadRange(pathStart..<(findings.queryMark ?? target.upperBound))
        if findings.hasPercentOrDot { try HTTPPath.check(bytes.part(path.range)) }
        guard let mark = findings.queryMark else { return }
        query = HTTPHeadRange(mark + 1..<target.upperBound)
        if findings.hasPercentOrDot || query.range.count > HTTPLimits.queryItemCountMax {
            try HTTPQuery.check(bytes.part(query.range))
        }
    }

    /// What one pass over the target finds.
    private struct Findings {
        var queryMark: Int?
        /// There may be something to check in path or query.
        var hasPercentOrDot = false

        init(_ target: Range<Int>, of bytes: UnsafeRawBufferPointer) throws(HTTPParseFailure) {
            let plain = HTTPCharacters.plainTarget
            for index in target where !plain.contains(bytes[index]) {
                switch bytes[index] {
                case UInt8(ascii: "?"):
                    if queryMark == nil { queryMark = index }
                case UInt8(ascii: "%"), UInt8(ascii: "."):
                    hasPercentOrDot = true
                case UInt8(ascii: "#"):
                    throw HTTPTarget.failure("the request target has a fragment (#), which is never sent")
                case 0x21...0x7E:
                    continue
                case let byte:
                    let code = String(byte, radix: 16)
                    throw HTTPTarget.failure("the request target holds the byte 0x\(code); encode it as %XX")
                }
            }
        }
    }

    /// The authority of an absolute-form target: behind the scheme, up to the path, the query or the end.
    private static func authority(
        of target: Range<Int>, in bytes: UnsafeRawBufferPointer
    ) throws(HTTPParseFailure) -> Range<Int> {
        for scheme: StaticString in ["http://", "https://"] {
            let start = target.lowerBound + scheme.utf8CodeUnitCount
            guard start <= target.upperBound else { continue }
            let prefix = bytes.part(target.lowerBound..<start)
            guard HTTPCharacters.equal(prefix, ignoringCase: scheme) else { continue }
            let rest = bytes[start..<target.upperBound]
            let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
            guard end > start, HTTPAuthority.isValid(bytes.part(start..<end)) else { break }
            return start..<end
        }
        let text = bytes.part(target).excerpt
        throw failure("'\(text)' is neither a path that begins with / nor an http URL with a host")
    }

    private static func failure(_ detail: String) -> HTTPParseFailure {
        HTTPParseFailure(.malformed, "request target", detail)
    }
}
