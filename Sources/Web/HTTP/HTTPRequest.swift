import LogLine

/// A request without its body. Holds the bytes it came in; what is not a stored property is found in them
/// when it is asked for. An object, because it is handed from the parser to the route and on.
public final class RequestHead: Sendable {
    public let method: HTTPMethod
    /// Of HTTP/1: 0 or 1.
    public let versionMinor: UInt8
    /// Whether the connection may carry another request behind this one.
    public let keepsAlive: Bool
    /// The client waits for `100 Continue` before it sends the body.
    public let expectsContinue: Bool
    /// As announced; nil when chunked or without a body.
    public let contentLength: Int?
    public let isChunked: Bool
    /// What follows on the connection may be of another protocol: not to be read before the answer.
    let proposesUpgrade: Bool
    /// There is an Origin.
    let hasOrigin: Bool

    private let bytes: ByteSlice
    private let fieldRange: HTTPHeadRange
    private let rawTargetRange: HTTPHeadRange
    private let target: HTTPTarget
    private let hostRange: HTTPHeadRange

    /// `bytes` begin with the head.
    init(_ bytes: ByteSlice, line: HTTPRequestLine, scanner: HTTPHeadScanner) {
        let facts = scanner.facts
        method = line.method
        versionMinor = line.versionMinor
        keepsAlive = facts.keepsAlive(versionMinor: line.versionMinor)
        expectsContinue = facts.expectsContinue && line.versionMinor > 0
        contentLength = facts.contentLength
        isChunked = facts.isChunked
        proposesUpgrade = facts.wantsUpgrade && line.versionMinor > 0
        hasOrigin = facts.hasOrigin
        self.bytes = bytes
        fieldRange = HTTPHeadRange(scanner.fields)
        rawTargetRange = line.rawTarget
        target = line.target
        hostRange = line.target.authority.isEmpty ? facts.host ?? .empty : line.target.authority
    }

    public var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }
    public var fields: HTTPFields { HTTPFields(lines: bytes[fieldRange.range]) }
    /// The target as it was sent; visible ASCII.
    public var rawTarget: ByteSlice { bytes[rawTargetRange.range] }
    public var path: HTTPPath { HTTPPath(bytes: bytes[target.path.range]) }
    public var query: HTTPQuery { HTTPQuery(bytes: bytes[target.query.range]) }

    /// Host, with the port when there is one: that of an absolute-form target, else that of the field; empty
    /// when an HTTP/1.0 request has none.
    public var host: String { bytes[hostRange.range].text }

    /// See `HTTPFields.value`. `name` in lower case.
    public func header(_ name: StaticString) -> String? { fields.value(name) }

    /// The client proposes to go on in another protocol (RFC 9110 7.8): `name` in lower case.
    public func wantsUpgrade(to name: StaticString) -> Bool {
        proposesUpgrade && fields.contains(token: name, in: "upgrade")
    }
}

/// A whole request.
public struct HTTPRequest: Sendable {
    public let head: RequestHead
    /// Transfer codings removed; empty when there is none.
    public let body: ByteSlice
}
