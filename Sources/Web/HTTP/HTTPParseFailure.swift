/// Why a message was refused. The connection it came over has no defined state any more: answer and close.
public struct HTTPParseFailure: Error, Equatable, Sendable {
    public enum Code: Equatable, Sendable {
        /// The message is not what RFC 9112 defines, or is ambiguous.
        case malformed
        case bodyTooLarge
        case startLineTooLong
        case fieldsTooLarge
        /// A transfer coding or a method that exists nowhere here.
        case notImplemented
        case versionNotSupported
    }

    public let code: Code
    /// What of the message is at fault: a field's name, `request line`, `request target`, `query`, `chunk`, …
    public let field: String
    /// A sentence for the peer: what is wrong, with the value's measure and the limit.
    public let detail: String

    init(_ code: Code, _ field: String, _ detail: String) {
        self.code = code
        self.field = field
        self.detail = detail
    }

    /// What a server answers.
    public var status: Int {
        switch code {
        case .malformed: 400
        case .bodyTooLarge: 413
        case .startLineTooLong: 414
        case .fieldsTooLarge: 431
        case .notImplemented: 501
        case .versionNotSupported: 505
        }
    }
}
