import EventLoop

/// Reads that wait for a channel's next message (long polls), at most `DeliveryLimits.waitingPollsMax`.
@LoopActor
final class ChannelPolls {
    /// Names one waiting read.
    struct Ticket: Hashable {
        fileprivate let channel: [UInt8]
        fileprivate let number: Int
    }

    private struct Poll {
        let timer: LoopTimer
        let completion: @LoopActor () -> Void
    }

    private var waiting = [[UInt8]: [Int: Poll]]()
    private var lastNumber = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// `completion` is called once: a message came, the time is over, or nothing can be said any more.
    /// - Parameter channel: its name as it stands in lines.
    /// - Returns: nil when too many wait already.
    func add(
        _ channel: [UInt8], timeout: Duration, _ completion: @escaping @LoopActor () -> Void
    ) -> Ticket? {
        guard count < DeliveryLimits.waitingPollsMax else { return nil }
        lastNumber += 1
        count += 1
        let ticket = Ticket(channel: channel, number: lastNumber)
        let timer = LoopTimer { [weak self] in self?.take(ticket)?.completion() }
        timer.schedule(after: timeout)
        waiting[channel, default: [:]][ticket.number] = Poll(timer: timer, completion: completion)
        return ticket
    }

    /// The reader is gone: its completion is not called.
    func remove(_ ticket: Ticket) { _ = take(ticket) }

    /// A message of `channel` was applied.
    func applied(_ channel: [UInt8]) {
        guard let polls = waiting.removeValue(forKey: channel) else { return }
        count -= polls.count
        for poll in polls.values { poll.completion() }
    }

    func wakeAll() {
        let all = waiting.values
        waiting = [:]
        count = 0
        for polls in all { for poll in polls.values { poll.completion() } }
    }

    private func take(_ ticket: Ticket) -> Poll? {
        guard let poll = waiting[ticket.channel]?.removeValue(forKey: ticket.number) else { return nil }
        if waiting[ticket.channel]?.isEmpty == true { waiting[ticket.channel] = nil }
        count -= 1
        return poll
    }
}
