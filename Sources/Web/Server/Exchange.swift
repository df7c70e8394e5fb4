import EventLoop
import LogLine

/// One request and the place of its answer: answers leave in the order of the requests, whenever they are
/// given.
@LoopActor
public final class Exchange {
    /// Nil when what came could not be parsed as a request.
    public let head: RequestHead?
    /// Of the request; empty when it has none.
    public let body: ByteSlice
    /// The request's path behind the server's prefixes, as decoded segments.
    public internal(set) var segments: [[UInt8]] = []

    /// Who connected: the client, or a proxy before it. Nil when what came could not be parsed as a request.
    public internal(set) var peer: SocketAddress?

    /// Called once when the client goes away before the answer was given.
    public var onAbandoned: (@LoopActor () -> Void)?

    /// Added to whatever answer is given.
    var commonFields: [(name: String, value: String)] = []
    weak var connection: ServerConnection?
    var response: Response?

    init(_ request: HTTPRequest?, connection: ServerConnection) {
        head = request?.head
        body = request?.body ?? .empty
        self.connection = connection
    }

    public var isAnswered: Bool { response != nil }
    public var isAbandoned: Bool { connection == nil }

    /// Gives the answer. Precondition: there was none yet.
    public func respond(_ response: Response) {
        precondition(self.response == nil, "a request has one answer")
        self.response = response
        if !commonFields.isEmpty { self.response?.fields += commonFields }
        onAbandoned = nil
        connection?.answered()
    }

    func abandon() {
        connection = nil
        let callback = onAbandoned
        onAbandoned = nil
        callback?()
    }
}
