import LogLine

/// A response without its body. Holds the bytes it came in.
public struct ResponseHead: Sendable {
    /// 200–999; informational ones are skipped.
    public let status: Int
    /// Of HTTP/1: 0 or 1.
    public let versionMinor: UInt8
    /// Whether the connection may carry another request.
    public let keepsAlive: Bool
    /// As announced, also where no body follows (HEAD, 304).
    public let contentLength: Int?
    public let fields: HTTPFields

    /// See `HTTPFields.value`. `name` in lower case.
    public func header(_ name: StaticString) -> String? { fields.value(name) }
}
