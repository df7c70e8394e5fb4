import Operations

/// Where a Redis is and how to sign in.
public struct RedisEndpoint: Sendable {
    public let host: String
    public let port: UInt16
    public let user: String?
    public let password: String?
    public let database: Int

    public init(host: String, port: UInt16, user: String? = nil, password: String? = nil, database: Int = 0) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
    }
}

extension RedisEndpoint {
    public init(_ url: RedisURL) {
        self.init(
            host: url.host, port: url.port, user: url.user, password: url.password, database: url.database)
    }
}

/// The bounds of the Redis connections.
public enum RedisLimits {
    static let connectTime = Duration.seconds(3)
    /// Between attempts: doubling from the one to the other, with jitter.
    static let reconnectDelayMin = Duration.milliseconds(100)
    static let reconnectDelayMax = Duration.seconds(5)
    /// Published and not confirmed by Redis; beyond it payloads are dropped (pods repair the gap from the
    /// log).
    public static let queuedBytesMax = 8 << 20
    /// A subscription on which nothing comes for so long (a living log sends a heartbeat every second), or a
    /// command that is not answered for so long, means a dead connection.
    static let silenceTime = Duration.seconds(10)
    /// What hiredis may hold of a reply that is not complete: a PUBLISH of any size by anybody must not take
    /// our memory. Looked at after each piece received; above it the connection is given up and made anew.
    static let bufferedBytesMax = 16 << 20
    /// How often silence is looked for.
    static let watchInterval = Duration.milliseconds(500)
}
