import LogLine
import Replication

extension Response {
    /// `application/problem+json`, with Retry-After where waiting helps, and with WWW-Authenticate where a
    /// token does (RFC 9110, section 15.5.2).
    public init(_ problem: Problem) {
        self.init(problem.status, type: MediaType.problem) { problem.encode(into: $0) }
        if let seconds = problem.retryAfterSeconds { fields.append(("retry-after", String(seconds))) }
        // RFC 9110, section 11.6.1: a 401 names the scheme that it takes.
        if problem.status == 401 { fields.append(("www-authenticate", "Bearer")) }
    }
}

extension Response {
    /// 201 with the receipt, 200 with the first one's when the write was a repetition, or the problem.
    public init(_ result: AppendResult) {
        switch result {
        case .refused(let problem): self.init(problem)
        case .written(let receipt), .repeated(let receipt):
            self.init(result.status, type: MediaType.json) { buffer in
                receipt.encode(into: buffer)
                buffer.append("\n")
            }
        }
    }
}

extension Problem {
    /// What came is no acceptable request.
    init(_ failure: HTTPParseFailure) {
        let type: ProblemType =
            switch failure.code {
            case .malformed: .malformed
            case .bodyTooLarge: .tooLarge
            case .startLineTooLong: .uriTooLong
            case .fieldsTooLarge: .headersTooLarge
            case .notImplemented: .notImplemented
            case .versionNotSupported: .httpVersion
            }
        self.init(type, failure.detail, field: failure.field)
    }
}
