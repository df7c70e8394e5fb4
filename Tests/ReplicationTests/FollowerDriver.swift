import LogLine
import Replication

/// Drives one follower by hand: keeps the time, plays our log when asked to, and notes what was applied.
struct FollowerDriver {
    var follower: Follower
    var now: Duration = .zero
    /// Of the last event.
    private(set) var actions: [FollowerAction] = []
    private(set) var openRequest: LogRequest?
    private(set) var discards: [DiscardReason] = []
    /// The offsets in the order in which they were applied since the last discard.
    private(set) var appliedOffsets: [UInt64] = []

    init(hasBus: Bool = true, limits: FollowerLimits = FollowerLimits()) {
        follower = Follower(limits: limits, hasBus: hasBus, jitterSeed: 1)
    }

    /// Subscribed, caught up with `head` lines and ready, Redis alive.
    static func ready(_ history: SampleHistory, head: Int, limits: FollowerLimits = FollowerLimits()) throws
        -> FollowerDriver
    {
        var driver = FollowerDriver(limits: limits)
        driver.send(.start)
        driver.send(.busSubscribed)
        try driver.serveRange(history, head: head)
        driver.send(.busHeartbeat(history.identity(head)))
        return driver
    }

    mutating func send(_ event: FollowerEvent) {
        actions = follower.handle(event, at: now)
        for action in actions { note(action) }
    }

    mutating func advance(_ duration: Duration) {
        now += duration
        send(.tick)
    }

    /// The ticks that the follower itself asks for, until `duration` has passed.
    mutating func run(_ duration: Duration) {
        let end = now + duration
        while let deadline = follower.nextDeadline(after: now), deadline <= end {
            now = deadline
            send(.tick)
        }
        now = end
        send(.tick)
    }

    /// Until the next request to our log.
    mutating func runUntilOpen() {
        while openRequest == nil, let deadline = follower.nextDeadline(after: now) { advance(deadline - now) }
    }

    /// Our log answers the request under way with everything up to `head`, and ends it.
    mutating func serveRange(_ history: SampleHistory, head: Int) throws {
        begin(history, head: head)
        try bring(history, through: head)
        end(.complete)
    }

    mutating func begin(_ history: SampleHistory, head: Int) {
        guard let request = openRequest else { return }
        send(.streamStarted(request.number, epoch: history.epoch, head: Offset(UInt64(head))))
    }

    /// Our log brings the next lines up to `last` on the request under way.
    mutating func bring(_ history: SampleHistory, through last: Int) throws {
        guard let request = openRequest else { return }
        var offset = Int(follower.applied.value) + 1
        while offset <= last {
            let verdict = follower.take(
                Offset(UInt64(offset)), crc: try history.crc(offset), from: request.number)
            if verdict == .apply { appliedOffsets.append(UInt64(offset)) }
            offset += 1
        }
        send(.streamProgress(request.number))
    }

    mutating func end(_ end: StreamEnd) {
        guard let request = openRequest else { return }
        openRequest = nil
        send(.streamEnded(request.number, end))
    }

    private mutating func note(_ action: FollowerAction) {
        switch action {
        case .open(let request): openRequest = request
        case .close: openRequest = nil
        case .apply(let batch, let from): appliedOffsets += batch.lines[from...].map(\.scan.offset.value)
        case .discard(let reason):
            discards.append(reason)
            appliedOffsets = []
        case .subscribe, .becomeReady, .useSource: break
        }
    }

    /// The last event's actions in words.
    var said: [String] {
        actions.map { action in
            switch action {
            case .subscribe: "subscribe"
            case .open(let request):
                "open \(request.mode) after \(request.after)\(request.proof == nil ? "" : " with proof")"
            case .close: "close"
            case .apply(let batch, let from): "apply \(batch.first + from)...\(batch.last)"
            case .discard: "discard"
            case .becomeReady: "ready"
            case .useSource(let source): "source \(source)"
            }
        }
    }
}
