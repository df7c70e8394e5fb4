import LogLine

extension HTTPParseFailure {
    /// `application/problem+json` (RFC 9457) that names what is at fault.
    var response: Response {
        Response(status, type: MediaType.problem) { buffer in
            buffer.append(utf8: "{\"type\":\"\(type)\",\"title\":\"\(HTTPStatus.title(status))\",")
            buffer.append(utf8: "\"status\":\(status),\"detail\":")
            buffer.appendJSONString(Array(detail.utf8))
            buffer.append(",\"field\":")
            buffer.appendJSONString(Array(field.utf8))
            buffer.append("}\n")
        }
    }

    /// Stable, for programs.
    private var type: String {
        switch code {
        case .malformed: "urn:chat-cluster:malformed-request"
        case .bodyTooLarge: "urn:chat-cluster:body-too-large"
        case .startLineTooLong: "urn:chat-cluster:request-line-too-long"
        case .fieldsTooLarge: "urn:chat-cluster:header-too-large"
        case .notImplemented: "urn:chat-cluster:not-implemented"
        case .versionNotSupported: "urn:chat-cluster:http-version-not-supported"
        }
    }
}
