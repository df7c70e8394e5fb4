/// How often clients may write: each account, or each address of those without one, and each connection that
/// carries many writes. Nothing is limited without a rate.
///
/// Pure, apart from `RateLimiter`'s hash: times are any clock's that does not go back.
public struct MessageLimiter: Sendable {
    /// Whose writes are counted together.
    public enum Writer: Hashable, Sendable {
        /// An account's name as it is stored.
        case account([UInt8])
        /// With IPv6 its network.
        case address(IPAddress)

        /// Of somebody without account.
        public static func client(_ address: IPAddress) -> Writer { .address(address.subscriber) }
    }

    private let rate: RateLimit?
    private var writers: RateLimiter<Writer>?

    /// - Parameter rate: nil: no limit.
    public init(_ rate: RateLimit?, keysMax: Int = RateLimiterBounds.keysMax) {
        self.rate = rate
        writers = rate.map { RateLimiter($0, keysMax: keysMax) }
    }

    /// Before a write that came by itself.
    public mutating func take(_ writer: Writer, now: Duration) -> RateDecision {
        writers?.take(writer, now: now) ?? .allowed
    }

    /// Before a write of a connection that may carry many.
    ///
    /// - Parameters:
    ///   - connection: what the connection has used. It pays also when its writer may not.
    ///   - writer: nil: nobody's but the connection's.
    public mutating func take(
        connection: inout RateBucket, _ writer: Writer?, now: Duration
    ) -> RateDecision {
        guard let rate else { return .allowed }
        let decision = connection.take(rate, now: now)
        guard decision == .allowed, let writer else { return decision }
        return take(writer, now: now)
    }
}
