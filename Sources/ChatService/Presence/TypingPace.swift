/// How often one socket's person is said to write: once in each `PresenceLimits.typingInterval` in a channel
/// and after each message there, in a bounded number of channels. Nothing is allocated before the first time.
struct TypingPace {
    private var last = [[UInt8]: Duration]()

    /// Whether it is said now.
    mutating func admits(_ channel: [UInt8], at now: Duration) -> Bool {
        if let last = last[channel], now - last < PresenceLimits.typingInterval { return false }
        if last.count >= PresenceLimits.typingChannelsMax {
            last = last.filter { now - $0.value < PresenceLimits.typingInterval }
        }
        guard last.count < PresenceLimits.typingChannelsMax || last[channel] != nil else { return false }
        last[channel] = now
        return true
    }

    /// Something was sent there: who goes on writing is said at once.
    mutating func sent(_ channel: [UInt8]) { last[channel] = nil }
}
