import LogLine

/// Up to where each account has read each channel, and where it was mentioned behind that. Marks never go
/// back; what somebody posts is read by themselves.
struct ReadMarks {
    private struct Place {
        var mark = Offset.zero
        /// Mentions behind the mark, ascending; the newest `ChatLimits.mentionsPerChannelMax`.
        var mentions: [UInt64] = []

        /// Of a message that may be older than others.
        mutating func mention(at offset: Offset) {
            guard offset > mark else { return }
            let place = partitionPoint(0..<mentions.count) { mentions[$0] >= offset.value }
            if place < mentions.count, mentions[place] == offset.value { return }
            mentions.insert(offset.value, at: place)
            if mentions.count > ChatLimits.mentionsPerChannelMax { mentions.removeFirst() }
        }

        mutating func advance(to offset: Offset) {
            guard offset > mark else { return }
            mark = offset
            guard !mentions.isEmpty else { return }
            mentions.removeFirst(partitionPoint(0..<mentions.count) { mentions[$0] > offset.value })
        }
    }

    /// Escaped names of the channels that somebody has read or was mentioned in.
    private var channels: NameTable
    /// The number of the channel found last.
    private var latest = 0
    /// By account, then by channel.
    private var places: [[Int32: Place]] = []

    init(hash: ChannelHash) { channels = NameTable(hash: hash) }

    /// False: the account has marks in too many channels already.
    mutating func advance(_ account: Int, in channel: UnsafeRawBufferPointer, to offset: Offset) -> Bool {
        update(account, channel) { $0.advance(to: offset) }
    }

    /// False: the account has marks in too many channels already.
    mutating func mention(_ account: Int, in channel: UnsafeRawBufferPointer, at offset: Offset) -> Bool {
        update(account, channel) { $0.mention(at: offset) }
    }

    /// Zero: none.
    /// - Parameter channel: escaped.
    func mark(of account: Int, in channel: [UInt8]) -> Offset { place(account, channel)?.mark ?? .zero }

    /// Behind the mark, ascending.
    /// - Parameter channel: escaped.
    func mentions(of account: Int, in channel: [UInt8]) -> [Offset] {
        place(account, channel)?.mentions.map { Offset($0) } ?? []
    }

    private func place(_ account: Int, _ channel: [UInt8]) -> Place? {
        guard account < places.count, let number = channels.find(channel) else { return nil }
        return places[account][Int32(number)]
    }

    private mutating func update(
        _ account: Int, _ channel: UnsafeRawBufferPointer, _ change: (inout Place) -> Void
    ) -> Bool {
        while places.count <= account { places.append([:]) }
        guard places[account].count < ChatLimits.marksPerAccountMax || isKnown(channel, to: account) else {
            return false
        }
        change(&places[account][Int32(number(of: channel)), default: Place()])
        return true
    }

    private func isKnown(_ channel: UnsafeRawBufferPointer, to account: Int) -> Bool {
        channels.find(channel).map { places[account][Int32($0)] != nil } ?? false
    }

    private mutating func number(of channel: UnsafeRawBufferPointer) -> Int {
        let isLatest =
            latest < channels.count && channels.names[latest].withUnsafeBytes { Memory.equal($0, channel) }
        if !isLatest { latest = channels.add(channel) }
        return latest
    }
}
