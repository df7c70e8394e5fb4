import EventLoop
import LogLine

/// An answer: status, the body's type, header fields besides those the server adds itself, and a body.
public struct Response {
    public enum Body {
        case none
        case bytes(ByteSlice)
        /// Written piece by piece by `start`; with a length the answer carries Content-Length, without it is
        /// chunked (or, for HTTP/1.0, ends with the connection). `start` is not called for HEAD.
        case stream(length: Int?, start: @LoopActor (BodyWriter) -> Void)
        /// The connection leaves the server with this answer's head and is `take`'s from then on; the server
        /// forgets it, its limits and timeouts end. `take` is not called for HEAD.
        case handover(Handover, take: @LoopActor (HandedOver) -> Void)
    }

    public var status: Int
    public var contentType: String?
    public var fields: [(name: String, value: String)]
    public var body: Body

    public init(_ status: Int, fields: [(name: String, value: String)] = [], body: Body = .none) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// A body of one piece.
    public init(
        _ status: Int, type: String, fields: [(name: String, value: String)] = [],
        _ write: (ByteBuffer) -> Void
    ) {
        let buffer = ByteBuffer()
        write(buffer)
        self.init(status, fields: fields, body: .bytes(buffer.takeSlice()))
        contentType = type
    }
}

/// What follows the head on a connection that leaves the server.
public enum Handover: Sendable {
    /// Another protocol: the answer is 101 and carries `Connection: upgrade`.
    case protocolSwitch
    /// A body without an end: in chunks, or for HTTP/1.0 as it is; it ends with the connection.
    case endlessBody
}

/// A connection that left the server.
public struct HandedOver {
    public let connection: Connection
    /// What has arrived behind the request.
    public let leftovers: ByteSlice
    /// The body is to be written in chunks.
    public let isChunked: Bool
}

/// The media types of the services' answers.
public enum MediaType {
    public static let json = "application/json"
    public static let ndjson = "application/x-ndjson"
    public static let problem = "application/problem+json"
    public static let text = "text/plain; charset=utf-8"
    public static let eventStream = "text/event-stream"
    public static let metrics = "text/plain; version=0.0.4; charset=utf-8"
}
