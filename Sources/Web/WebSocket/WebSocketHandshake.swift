import LogLine
import Operations
import Replication

/// Judges a request to go on as a WebSocket (RFC 6455 4.2), and makes the answer.
///
/// Accepted if and only if: the method is GET, in HTTP/1.1, without a body; Connection names `upgrade` and
/// Upgrade `websocket`; Sec-WebSocket-Version is 13; Sec-WebSocket-Key is the base64 of 16 bytes; Origin,
/// where there is one (browsers send it), is the server's own or an allowed one.
public struct WebSocketHandshake {
    /// The first of ours that the client offers; nil: it offers none of them.
    public let selectedProtocol: String?
    private let key: String

    /// `protocols`: those that are spoken here, the preferred one first.
    public init(
        _ head: RequestHead, protocols: [String] = [], allowedOrigins: AllowedOrigins
    ) throws(WebSocketRefusal) {
        guard head.method == .get, head.wantsUpgrade(to: "websocket") else {
            throw .upgradeRequired("send a WebSocket handshake: GET in HTTP/1.1 with 'Upgrade: websocket'")
        }
        guard !head.hasBody else { throw WebSocketRefusal("a WebSocket handshake has no body", nil) }
        let version = head.header("sec-websocket-version") ?? ""
        guard version.utf8.elementsEqual("13".utf8) else {
            throw .upgradeRequired("the version of WebSocket spoken here is 13", "Sec-WebSocket-Version")
        }
        key = head.header("sec-websocket-key") ?? ""
        guard Base64.decode(Array(key.utf8))?.count == 16 else {
            throw WebSocketRefusal("Sec-WebSocket-Key is not the base64 of 16 bytes", "Sec-WebSocket-Key")
        }
        try WebSocketHandshake.checkOrigin(head, allowedOrigins)
        let offered = (head.header("sec-websocket-protocol") ?? "").split(separator: ",").map(Self.trimmed)
        selectedProtocol = protocols.first { own in offered.contains { $0.elementsEqual(own.utf8) } }
    }

    /// The 101's.
    var fields: [(name: String, value: String)] {
        var fields = [
            (name: "upgrade", value: "websocket"), (name: "connection", value: "upgrade"),
            (name: "sec-websocket-accept", value: WebSocketHandshake.proof(of: key)),
        ]
        if let selectedProtocol { fields.append(("sec-websocket-protocol", selectedProtocol)) }
        return fields
    }

    /// What shows that the handshake was understood, and is no answer from a cache (RFC 6455 1.3).
    static func proof(of key: String) -> String {
        let hash = SHA1.hash(Array(key.utf8) + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))
        return String(decoding: Base64.encode(hash), as: UTF8.self)
    }

    // MARK: Private

    /// A page of another origin would act with its visitor's rights (RFC 6455 10.2). The scheme is not
    /// compared: behind an ingress it is not known here.
    private static func checkOrigin(_ head: RequestHead, _ allowed: AllowedOrigins) throws(WebSocketRefusal) {
        guard let origin = head.header("origin") else { return }
        let isOwn = ["http://", "https://"].contains { scheme in
            let own = scheme + head.host.lowercased()
            return own.utf8.elementsEqual(origin.lowercased().utf8)
        }
        guard isOwn || allowed.allows(origin) else {
            throw WebSocketRefusal(
                Problem(
                    .forbiddenOrigin, "the origin '\(origin.prefix(128))' is not among ALLOWED_ORIGINS",
                    field: "Origin"))
        }
    }

    private static func trimmed(_ item: Substring) -> [UInt8] {
        item.utf8.filter { $0 != HTTPCharacters.space && $0 != HTTPCharacters.tab }
    }
}

/// Why a request does not become a WebSocket.
public struct WebSocketRefusal: Error {
    public let problem: Problem
    var fields: [(name: String, value: String)] = []

    init(_ problem: Problem) { self.problem = problem }

    init(_ detail: String, _ field: String?) { problem = Problem(.malformed, detail, field: field) }

    static func upgradeRequired(_ detail: String, _ field: String? = nil) -> WebSocketRefusal {
        var refusal = WebSocketRefusal(Problem(.upgradeRequired, detail, field: field))
        refusal.fields = [
            ("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13"),
        ]
        return refusal
    }

    public var response: Response {
        var response = Response(problem)
        response.fields += fields
        return response
    }
}
