import LogLine

/// Whether Redis brings us our log: judged by our log's heartbeats, not by the connection.
struct BusWatch: Sendable {
    private let timeout: Duration
    private(set) var isSubscribed = false
    /// When the subscription was confirmed, or what came before was given up: heartbeats count from here.
    private var since: Duration = .zero
    private var heardAt: Duration?
    private var heardOffset: Offset = .zero

    init(timeout: Duration) { self.timeout = timeout }

    mutating func subscribed(at now: Duration) {
        isSubscribed = true
        forgetHeartbeats(at: now)
    }

    mutating func lost() {
        isSubscribed = false
        heardAt = nil
    }

    /// Starts judging anew: a first heartbeat has the whole timeout to come.
    mutating func forgetHeartbeats(at now: Duration) {
        since = now
        heardAt = nil
        heardOffset = .zero
    }

    /// A heartbeat of our epoch. False when it is older than one before it, as a repeated one is: then it is
    /// no sign of life.
    mutating func heard(_ offset: Offset, at now: Duration) -> Bool {
        guard offset >= heardOffset else { return false }
        heardAt = now
        heardOffset = offset
        return true
    }

    /// Our log says that its head is no further than this: what claimed more was wrong.
    mutating func correct(to head: Offset) { heardOffset = min(heardOffset, head) }

    /// When Redis counts as away if nothing comes until then; nil when it does already.
    var awayAt: Duration? {
        isSubscribed ? (heardAt ?? since) + timeout : nil
    }

    func isAway(at now: Duration) -> Bool {
        guard let awayAt else { return true }
        return now >= awayAt
    }

    /// Whether every line that was published before the subscription is within `applied`, so that Redis alone
    /// brings the rest: some heartbeat since then must not be ahead of it.
    func joins(_ applied: Offset, at now: Duration) -> Bool {
        !isAway(at: now) && heardAt != nil && heardOffset <= applied
    }
}
