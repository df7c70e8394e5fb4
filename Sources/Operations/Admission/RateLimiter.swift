/// A `RateLimit` for each of any number of keys, in bounded memory.
///
/// **Nobody's debt is ever forgotten before it is paid**, however many other keys come: a key leaves the
/// table only when its bucket must be full again, and then it would get the same bucket anew. Keys are kept
/// in two tables, of which the older is dropped each `RateLimit.recovery`: a key in it was used before the
/// younger one was begun, at least that long ago. When there is no room, new keys share `sharedBuckets` by a
/// hash that is seeded per process: a flood of invented keys limits other newcomers, not those who are in the
/// table, and nobody can aim at a bucket. A key that gets its place later begins with what its shared bucket
/// owes.
///
/// Pure, apart from that hash: times are any clock's that does not go back.
public struct RateLimiter<Key: Hashable & Sendable>: Sendable {
    public let limit: RateLimit
    private let keysMax: Int
    private var current: [Key: RateBucket] = [:]
    private var previous: [Key: RateBucket] = [:]
    private var currentSince: Duration = .zero
    /// Empty until there is no room for a key.
    private var shared: [RateBucket] = []

    public init(_ limit: RateLimit, keysMax: Int = RateLimiterBounds.keysMax) {
        precondition(keysMax >= 1)
        self.limit = limit
        self.keysMax = keysMax
    }

    /// How many keys have a bucket of their own, full ones included.
    public var count: Int { current.count + previous.count }

    /// Takes one token of `key`, if there is one.
    public mutating func take(_ key: Key, now: Duration) -> RateDecision {
        rotate(now: now)
        if current[key] != nil { return current[key, default: RateBucket()].take(limit, now: now) }
        guard var bucket = previous[key] ?? newcomer(key) else {
            return shared[Self.slot(of: key)].take(limit, now: now)
        }
        let decision = bucket.take(limit, now: now)
        // What is refused changes nothing: a place is given to those who use it.
        guard decision == .allowed else { return decision }
        previous[key] = nil
        current[key] = bucket
        return decision
    }

    /// Puts a token back that was taken for what turned out not to count.
    public mutating func giveBack(_ key: Key) {
        if current[key] != nil {
            current[key]?.giveBack(limit)
        } else if previous[key] != nil {
            previous[key]?.giveBack(limit)
        } else if !shared.isEmpty {
            shared[Self.slot(of: key)].giveBack(limit)
        }
    }

    /// The bucket that a key which is not in the table begins with; nil when there is no room for it.
    private mutating func newcomer(_ key: Key) -> RateBucket? {
        guard count >= keysMax else { return shared.isEmpty ? RateBucket() : shared[Self.slot(of: key)] }
        if shared.isEmpty {
            shared = [RateBucket](repeating: RateBucket(), count: RateLimiterBounds.sharedBuckets)
        }
        return nil
    }

    private mutating func rotate(now: Duration) {
        guard now - currentSince >= limit.recovery else { return }
        // After two spans without a call nothing of the younger table is owed either.
        previous = now - currentSince >= limit.recovery * 2 ? [:] : current
        current = [:]
        currentSince = now
    }

    private static func slot(of key: Key) -> Int {
        Int(UInt(bitPattern: key.hashValue) % UInt(RateLimiterBounds.sharedBuckets))
    }
}

/// The bounds of rate limiters.
public enum RateLimiterBounds {
    /// About 10 MB with keys of 64 bytes, when an attacker fills it.
    public static let keysMax = 65_536
    public static let sharedBuckets = 1024
}
