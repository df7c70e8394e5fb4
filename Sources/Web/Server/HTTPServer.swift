import EventLoop
import Operations

/// What a service does with requests.
@LoopActor
public protocol RequestHandler: AnyObject {
    /// Judges a request by its head, before the body is received.
    func accept(_ head: RequestHead, from peer: SocketAddress) -> Acceptance
    /// The words for what the server itself refuses.
    func timedOut(_ what: String, _ limit: Duration) -> Response
    func overloaded(_ reason: String) -> Response
    func unparsable(_ failure: HTTPParseFailure) -> Response
    /// A connection, or a stream, that is one too many.
    func refused(_ refusal: ConnectionCounts.Refusal) -> Response
}

public enum Acceptance {
    /// Receive the body, up to so many bytes, and hand the whole request to `handle`, which answers now or
    /// later, exactly once.
    case accept(bodyBytesMax: Int, handle: @LoopActor (Exchange) -> Void)
    /// Answer with this and close.
    case refuse(Response)
}

/// An HTTP/1.1 server on the loop.
@LoopActor
public final class HTTPServer: ConnectionOwner {
    public let limits: ServerLimits
    public private(set) var isDraining = false
    /// Those that speak HTTP.
    public var connectionCount: Int { connections.count }
    /// Those that count against `ServerLimits.connectionsMax`: also those that were handed over.
    public var admittedCount: Int { admission.count }
    public var address: SocketAddress? { listener?.address }

    let handler: any RequestHandler
    private var listener: Listener?
    private var connections = [ObjectIdentifier: ServerConnection]()
    private var admission: ConnectionAdmission
    private var receivedBodyBytes = 0
    private var sweep: LoopTimer?
    var now: Duration { LoopClock.coarse }

    /// Starts to accept. `port` 0: one that is free, see `address`.
    public init(
        host: String, port: UInt16, limits: ServerLimits = ServerLimits(), handler: any RequestHandler
    ) throws(SocketError) {
        self.limits = limits
        self.handler = handler
        admission = ConnectionAdmission(limits)
        listener = try Listener(host: host, port: port) { [unowned self] in accept($0) }
        let shortest = min(limits.headTime, limits.bodyTime, limits.idleTime, limits.stalledReaderTime)
        sweep = LoopTimer(every: min(.seconds(1), shortest / 4)) { [unowned self] in checkTimes() }
    }

    /// From now on every answer carries `Connection: close`; new connections are still accepted.
    public func startDraining() { isDraining = true }

    /// Closes connections as soon as nothing of theirs is under way; `share` of all that are open now (1:
    /// all).
    public func drainConnections(share: Double = 1) {
        let open = connections.values.filter { !$0.isDraining }
        let count = Int((Double(open.count) * share).rounded(.up))
        for connection in open.prefix(count) { connection.drain() }
    }

    /// Stops to accept.
    public func closeListener() {
        listener?.close()
        listener = nil
    }

    // MARK: For its connections

    func connectionClosed(_ connection: ServerConnection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    /// What to answer to a request that would make its connection a stream; nil: it may.
    func admitStream(_ connection: Connection, forwardedFor: String?) -> Response? {
        admission.admitStream(connection, forwardedFor: forwardedFor).map(handler.refused)
    }

    /// False, and not counted: all bodies together would be too much.
    func countBody(_ bytes: Int) -> Bool {
        guard receivedBodyBytes + bytes <= limits.receivedBodyBytesMax else { return false }
        receivedBodyBytes += bytes
        return true
    }

    func releaseBody(_ bytes: Int) { receivedBodyBytes -= bytes }

    // MARK: Private

    private func accept(_ connection: Connection) {
        connection.owner = self
        let refusal = admission.admit(connection)
        guard refusal == nil || admission.hasRoomForRefused else { return connection.close() }
        let served = ServerConnection(connection, server: self)
        connections[ObjectIdentifier(served)] = served
        if let refusal { served.refuse(handler.refused(refusal)) }
    }

    public func ended(_ connection: Connection) { admission.ended(connection) }

    private func checkTimes() {
        for connection in connections.values { connection.checkTime() }
    }
}
