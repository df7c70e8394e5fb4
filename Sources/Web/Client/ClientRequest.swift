import EventLoop
import LogLine

/// Where a service answers: `http://host:port/prefix`.
public struct Origin: Hashable, Sendable, CustomStringConvertible {
    public let host: String
    public let port: UInt16
    /// Before every path; empty or beginning with `/`.
    public let prefix: String

    public init(host: String, port: UInt16, prefix: String = "") {
        self.host = host
        self.port = port
        self.prefix = prefix
    }

    /// As the Host field has it.
    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    public var description: String { "http://\(authority)\(prefix)" }
}

/// A request of our own.
public struct ClientRequest {
    public var method: HTTPMethod
    /// Percent-encoded, with its query.
    public var target: String
    public var fields: [(name: String, value: String)]
    public var body: ByteSlice?

    public init(
        _ method: HTTPMethod, _ target: String, fields: [(name: String, value: String)] = [],
        body: ByteSlice? = nil
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
    }

    func encode(for origin: Origin, into buffer: ByteBuffer) {
        buffer.append(
            utf8: "\(method.text) \(origin.prefix)\(target) HTTP/1.1\r\nhost: \(origin.authority)\r\n")
        for (name, value) in fields { buffer.append(utf8: "\(name): \(value)\r\n") }
        if let body { buffer.append(utf8: "content-length: \(body.count)\r\n") }
        buffer.append("\r\n")
        if let body { buffer.append(body) }
    }
}

/// Takes an answer as it arrives. `failed` or `ended` is the last call.
@LoopActor
public protocol ResponseConsumer: AnyObject {
    func received(_ head: ResponseHead)
    /// `bytes` are valid during the call only.
    func received(body bytes: UnsafeRawBufferPointer)
    func ended()
    func failed(_ error: ClientError)
}

/// Why a request has no (whole) answer.
public struct ClientError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable {
        /// Nothing of the request was sent: it may be sent again.
        case notSent
        /// It was sent, its outcome is unknown.
        case unanswered
        /// Something of the answer arrived, not all of it.
        case incomplete
        /// What arrived is not HTTP.
        case malformed
        case timedOut
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
