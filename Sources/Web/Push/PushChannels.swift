import EventLoop
import Threads

/// What the sweep asks of a channel. Only for the channels of this module.
@LoopActor
protocol SweptChannel: PushChannel {
    /// Its place among all; owned by `PushChannels`.
    var sweepIndex: Int { get set }
    func checkTime(_ now: Duration)
}

/// All open channels of a service. One timer looks after all of them, a few at a time: heartbeats, peers that
/// are dead, goodbyes that take too long.
@LoopActor
public final class PushChannels {
    public let limits: PushLimits

    private var all = [any SweptChannel]()
    private var nextIndex = 0
    private lazy var timer = LoopTimer { [unowned self] in sweep() }
    private var spareDecoder: WebSocketDecoder?
    private var heldBytes = 0

    /// A sweep is done in so many steps.
    private static let stepsPerSweep = 8

    public init(limits: PushLimits = PushLimits()) { self.limits = limits }

    /// WebSockets and event streams that are not closed, those that are closing included.
    public var count: Int { all.count }

    /// Every one that was there when the call began; they may be closed meanwhile.
    public func forEach(_ visit: (any PushChannel) -> Void) {
        for channel in all { visit(channel) }
    }

    // MARK: For its channels

    var reading: ClockReading { LoopClock.coarseReading }

    func add(_ channel: any SweptChannel) {
        channel.sweepIndex = all.count
        all.append(channel)
        if all.count == 1 { scheduleStep() }
    }

    func remove(_ channel: any SweptChannel) {
        let index = channel.sweepIndex
        let last = all.removeLast()
        if last === channel { return }
        all[index] = last
        last.sweepIndex = index
    }

    /// One that is idle: channels have none of their own while nothing is under way.
    func takeDecoder() -> WebSocketDecoder {
        defer { spareDecoder = nil }
        return spareDecoder ?? WebSocketDecoder(from: .client, limits: limits.webSocket)
    }

    /// Precondition: it is idle.
    func giveBack(_ decoder: WebSocketDecoder) { spareDecoder = decoder }

    /// Changes what one channel holds of messages that are under way; false: too much.
    func hold(_ bytes: Int, insteadOf earlier: Int) -> Bool {
        heldBytes += bytes - earlier
        return heldBytes <= limits.heldBytesMax || bytes == 0
    }

    // MARK: Private

    private func scheduleStep() {
        timer.schedule(after: limits.sweepInterval / PushChannels.stepsPerSweep)
    }

    private func sweep() {
        let now = reading.time
        let stepCount = all.count / PushChannels.stepsPerSweep + 1
        for _ in 0..<stepCount where !all.isEmpty {
            if nextIndex >= all.count { nextIndex = 0 }
            let channel = all[nextIndex]
            nextIndex += 1
            channel.checkTime(now)
        }
        if !all.isEmpty { scheduleStep() }
    }
}
