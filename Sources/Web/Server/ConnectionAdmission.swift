import EventLoop
import Operations

/// Which connections a server lets in, and whose they are.
///
/// A connection is counted to the address it comes from, until it ends. Those of a trusted proxy carry
/// requests of many clients: they are counted in all alone, until one becomes a stream (a WebSocket, an event
/// stream), which is counted to the client that the proxy names, until it ends.
@LoopActor
struct ConnectionAdmission {
    private var counts: ConnectionCounts
    private let proxies: TrustedProxies
    /// The clients of streams that came through a proxy.
    private var streamClients = [ObjectIdentifier: IPAddress]()
    /// Those that were refused and are not closed yet.
    private var refused = Set<ObjectIdentifier>()
    private let refusedMax: Int

    init(_ limits: ServerLimits) {
        counts = ConnectionCounts(
            max: limits.connectionsMax, perAddressMax: limits.connectionsPerAddressMax)
        proxies = limits.trustedProxies
        refusedMax = limits.refusedConnectionsMax
    }

    /// Connections that are in.
    var count: Int { counts.count }
    /// Whether one that is refused now is told so.
    var hasRoomForRefused: Bool { refused.count <= refusedMax }

    /// Counts a new connection; nil: it may stay. Its end is to be told in any case.
    mutating func admit(_ connection: Connection) -> ConnectionCounts.Refusal? {
        let refusal = counts.admit(directClient(connection))
        if refusal != nil { refused.insert(ObjectIdentifier(connection)) }
        return refusal
    }

    /// Counts a connection that becomes a stream to its client; nil: it may.
    mutating func admitStream(
        _ connection: Connection, forwardedFor: String?
    ) -> ConnectionCounts.Refusal? {
        guard counts.countsAddresses, let peer = IPAddress(connection.peer), proxies.trusts(peer) else {
            return nil
        }
        // Another request of this connection was to become one, and did not.
        if let earlier = streamClients.removeValue(forKey: ObjectIdentifier(connection)) {
            counts.release(client: earlier)
        }
        let client = proxies.client(peer: peer, forwardedFor: forwardedFor)
        if let refusal = counts.admit(client: client) { return refusal }
        streamClients[ObjectIdentifier(connection)] = client
        return nil
    }

    mutating func ended(_ connection: Connection) {
        guard refused.remove(ObjectIdentifier(connection)) == nil else { return }
        counts.release(directClient(connection))
        if let client = streamClients.removeValue(forKey: ObjectIdentifier(connection)) {
            counts.release(client: client)
        }
    }

    /// Nil: a proxy, or it makes no difference.
    private func directClient(_ connection: Connection) -> IPAddress? {
        guard counts.countsAddresses, let peer = IPAddress(connection.peer), !proxies.trusts(peer) else {
            return nil
        }
        return peer
    }
}

extension IPAddress {
    init?(_ address: SocketAddress) { self.init(address.host) }
}

extension Exchange {
    /// Whose request it is: the peer's, or the client's that a trusted proxy names. Nil when the connection
    /// is gone.
    public var clientAddress: IPAddress? {
        guard let server = connection?.server, let peer = peer.flatMap({ IPAddress($0) }) else { return nil }
        return server.limits.trustedProxies.client(peer: peer, forwardedFor: forwardedFor)
    }

    /// Counts the connection, which is about to become a stream, to its client.
    ///
    /// - Returns: what to answer when the client has too many; nil: it may.
    public func admitStream() -> Response? { connection?.admitStream(forwardedFor: forwardedFor) }

    private var forwardedFor: String? { head?.header("x-forwarded-for") }
}
