import EventLoop
import LogLine

/// One request and the place of its answer: answers leave in the order of the requests, whenever they are given.
@LoopActor
public final class Exchange {
    public let request: HTTPRequest
    /// The request's path behind the server's prefixes, as decoded segments.
    public internal(set) var segments: [[UInt8]] = []

    /// Called once when the client goes away before the answer was given.
    public var onAbandoned: (@LoopActor () -> Void)?

    weak var connection: ServerConnection?
    var response: Response?
    let keepsAlive: Bool

    init(_ request: HTTPRequest, connection: ServerConnection, keepsAlive: Bool) {
        self.request = request
        self.connection = connection
        self.keepsAlive = keepsAlive
    }

    public var isAnswered: Bool { response != nil }
    public var isAbandoned: Bool { connection == nil }

    /// Gives the answer. Precondition: there was none yet.
    public func respond(_ response: Response) {
        precondition(self.response == nil, "a request has one answer")
        self.response = response
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
