/// Every reason for which a service refuses a request: one table of type, status, title and what the client
/// should do. The type is a relative URI that never changes: `/problems/` and the raw value.
///
/// Source: RFC 9457 (Problem Details for HTTP APIs), RFC 9110 (statuses).
public enum ProblemType: String, CaseIterable, Sendable {
    case malformed
    case unauthorized
    case signInRequired = "sign-in-required"
    case forbidden
    case forbiddenOrigin = "forbidden-origin"
    case notFound = "not-found"
    case methodNotAllowed = "method-not-allowed"
    case timeout
    case epochConflict = "epoch-conflict"
    case beyondHead = "beyond-head"
    case digestConflict = "digest-conflict"
    case idConflict = "id-conflict"
    case expectationFailed = "expectation-failed"
    case conflict
    case deleted
    case tooLarge = "too-large"
    case upgradeRequired = "upgrade-required"
    case uriTooLong = "uri-too-long"
    case tooManyRequests = "too-many-requests"
    case headersTooLarge = "headers-too-large"
    case `internal`
    case notImplemented = "not-implemented"
    case overloaded
    case unavailable
    case notReady = "not-ready"
    case outcomeUnknown = "outcome-unknown"
    case waitTimedOut = "wait-timed-out"
    case notConfirmed = "not-confirmed"
    case httpVersion = "http-version"
    case diskFull = "disk-full"
    case ioError = "io-error"

    /// What a client should do about it.
    public enum Remedy: String, CaseIterable, Sendable {
        case fixRequest = "fix the request"
        case authenticate = "send the cluster's secret as bearer token"
        case signIn = "sign in, then send the token as bearer token"
        case leave = "do not repeat it"
        case startOver = "read the state, then start over from its position"
        case decideAgain = "read what changed, decide again"
        case retry = "retry after Retry-After"
        case retrySameID = "retry with the same id"
        case readAgain = "read again, with a longer timeout or on another server"
        case doneAlready = "it is written: do not write it again under another id"
        case report = "report it; a retry with the same id is safe"
    }

    /// Nil when this version does not know it.
    public init?(uri: String) {
        guard uri.hasPrefix(Self.prefix) else { return nil }
        self.init(rawValue: String(uri.dropFirst(Self.prefix.count)))
    }

    public var uri: String { Self.prefix + rawValue }
    public var status: Int { row.status }
    public var title: String { row.title }
    public var remedy: Remedy { row.remedy }

    /// For the header Retry-After, in seconds; nil when waiting does not help by itself.
    public var retryAfterSeconds: Int? { row.retryAfterSeconds }

    /// What to make of a type that this version does not know: the nearest one with that status.
    public static func nearest(status: Int) -> ProblemType {
        allCases.first { $0.status == status } ?? (status < 500 ? .malformed : .internal)
    }

    private static let prefix = "/problems/"

    private struct Row {
        let status: Int
        let title: String
        let remedy: Remedy
        let retryAfterSeconds: Int?

        init(_ status: Int, _ title: String, _ remedy: Remedy, after seconds: Int? = nil) {
            self.status = status
            self.title = title
            self.remedy = remedy
            retryAfterSeconds = seconds
        }
    }

    private var row: Row {
        switch self {
        case .malformed: Row(400, "The request is malformed", .fixRequest)
        case .unauthorized: Row(401, "The cluster's secret is missing or wrong", .authenticate)
        case .signInRequired: Row(401, "A token is missing or no longer good", .signIn)
        case .forbiddenOrigin: Row(403, "Pages of this origin may not do this", .fixRequest)
        case .forbidden: Row(403, "You may not do this", .leave)
        case .notFound: Row(404, "There is nothing here", .fixRequest)
        case .methodNotAllowed: Row(405, "This path does not take the method", .fixRequest)
        case .timeout: Row(408, "The request came too slowly", .retrySameID)
        case .epochConflict: Row(409, "The position is of another epoch", .startOver)
        case .beyondHead: Row(409, "The position is beyond the log's head", .startOver)
        case .digestConflict: Row(409, "The histories differ at this position", .startOver)
        case .idConflict: Row(409, "The id was used with another text", .fixRequest)
        case .expectationFailed: Row(409, "An expected offset is not the key's last one", .decideAgain)
        case .conflict: Row(409, "It cannot be done as things are", .decideAgain)
        case .deleted: Row(410, "The message was deleted", .leave)
        case .tooLarge: Row(413, "The body or a field is too large", .fixRequest)
        case .uriTooLong: Row(414, "The request line is too long", .fixRequest)
        case .upgradeRequired: Row(426, "This path speaks WebSocket", .fixRequest)
        case .tooManyRequests: Row(429, "Too many requests; nothing was done", .retry, after: 1)
        case .headersTooLarge: Row(431, "The headers are too large", .fixRequest)
        case .internal: Row(500, "The service failed", .report)
        case .ioError: Row(500, "The log's disk failed; nothing was written", .retry, after: 5)
        case .notImplemented: Row(501, "This is not implemented", .fixRequest)
        case .overloaded: Row(503, "Too much is waiting; nothing was passed on", .retry, after: 1)
        case .unavailable: Row(503, "The log cannot be reached; nothing was passed on", .retry, after: 1)
        case .notReady: Row(503, "The service is not ready", .retry, after: 1)
        case .outcomeUnknown: Row(504, "Passed on; the outcome is unknown", .retrySameID)
        case .waitTimedOut: Row(504, "The position was not reached in time", .readAgain)
        case .notConfirmed:
            Row(504, "Durable, but too few pods have confirmed it in time", .doneAlready)
        case .httpVersion: Row(505, "This version of HTTP is not spoken here", .fixRequest)
        case .diskFull: Row(507, "The log's disk is full; nothing was written", .retry, after: 5)
        }
    }
}
