import Threads

/// How often something may be done: `burst` times at once, and once more each `interval` after that.
public struct RateLimit: Hashable, Sendable {
    public let burst: Int
    public let interval: Duration

    public init(burst: Int, interval: Duration) {
        precondition(burst >= 1 && interval > .zero)
        self.burst = burst
        self.interval = interval
    }

    /// So many times in each second, and as many at once.
    public static func perSecond(_ count: Int) -> RateLimit {
        RateLimit(burst: count, interval: .seconds(1) / count)
    }

    /// How long it takes until somebody who used up everything may do it `burst` times again.
    public var recovery: Duration { interval * burst }
}

/// Whether something may be done now.
public enum RateDecision: Equatable, Sendable {
    case allowed
    /// It may be after so long, if nothing else is until then.
    case refused(retryAfter: Duration)
}

/// What one client has used of a `RateLimit`: a token bucket, kept as the one moment at which it will be full
/// again (the generic cell rate algorithm, ITU-T I.371, annex A).
///
/// Pure: times are any clock's that does not go back, the same one's for all calls.
public struct RateBucket: Equatable, Sendable {
    private var fullAtReading = ClockReading(.zero)

    private var fullAt: Duration {
        get { fullAtReading.time }
        set { fullAtReading = ClockReading(newValue) }
    }

    /// A full one.
    public init() {}

    /// Takes one token, if there is one.
    public mutating func take(_ limit: RateLimit, now: Duration) -> RateDecision {
        let after = max(fullAt, now) + limit.interval
        guard after - now <= limit.recovery else {
            return .refused(retryAfter: after - now - limit.recovery)
        }
        fullAt = after
        return .allowed
    }

    /// Puts one token back.
    mutating func giveBack(_ limit: RateLimit) { fullAt -= limit.interval }
}
