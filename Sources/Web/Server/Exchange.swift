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
    // Without the run-time exclusivity check: nobody keeps access to one of these while calling out.
    /// The request's path behind the server's prefixes, as decoded segments.
    @exclusivity(unchecked) public private(set) var segments: [[UInt8]] = []

    /// Who connected: the client, or a proxy before it. Nil when what came could not be parsed as a request.
    @exclusivity(unchecked) public private(set) var peer: SocketAddress?

    /// Called once when the client goes away before the answer was given.
    @exclusivity(unchecked) public var onAbandoned: (@LoopActor () -> Void)?

    /// Added to whatever answer is given.
    @exclusivity(unchecked) private var commonFields: [(name: String, value: String)] = []
    /// Until the answer is written or given up.
    @exclusivity(unchecked) private(set) var connection: ServerConnection?
    @exclusivity(unchecked) private(set) var response: Response?

    init(_ request: HTTPRequest?, connection: ServerConnection) {
        head = request?.head
        body = request?.body ?? .empty
        self.connection = connection
    }

    /// It is a route's to answer.
    func accepted(commonFields: [(name: String, value: String)], segments: [[UInt8]], peer: SocketAddress) {
        self.commonFields = commonFields
        self.segments = segments
        self.peer = peer
    }

    public var isAnswered: Bool { response != nil }
    public var isAbandoned: Bool { connection == nil }

    /// Gives the answer. Precondition: there was none yet.
    public func respond(_ response: Response) {
        precondition(self.response == nil, "a request has one answer")
        self.response = response
        if !commonFields.isEmpty { self.response?.fields += commonFields }
        if onAbandoned != nil { onAbandoned = nil }
        connection?.answered()
    }

    /// The answer is being written: its body's closures may hold this, which would be a cycle.
    func dropResponseBody() { response?.body = .none }

    /// The answer is written.
    func complete() { connection = nil }

    func abandon() {
        connection = nil
        guard onAbandoned != nil else { return }
        let callback = onAbandoned
        onAbandoned = nil
        callback?()
    }
}
