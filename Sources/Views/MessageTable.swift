import LogLine

/// The offsets of all public messages, and of each channel's; the same of other lines (edits, reactions,
/// changes of rooms), so that a reader gets all of a channel.
struct MessageTable {
    /// Those that public endpoints may serve.
    private var publicMessages = AscendingList()
    private var publicOthers = AscendingList()
    private var channelTable: ChannelTable

    init(hash: ChannelHash) { channelTable = ChannelTable(hash: hash) }

    /// - Parameter channel: escaped.
    mutating func append(_ offset: Offset, channel: UnsafeRawBufferPointer) {
        if ChannelName.isPublic(channel) { publicMessages.append(offset.value) }
        channelTable.append(offset, to: channel)
    }

    /// A line that is no message. Those of reserved channels are nobody's to read.
    /// - Parameter channel: escaped.
    mutating func append(other offset: Offset, channel: UnsafeRawBufferPointer) {
        guard channel.first != UInt8(ascii: "$") else { return }
        if ChannelName.isPublic(channel) { publicOthers.append(offset.value) }
        channelTable.append(other: offset, to: channel)
    }

    /// All lists of a channel's lines or, with nil, of those of all public channels.
    /// - Parameter channel: its name, escaped.
    func lists(of channel: [UInt8]?) -> [AscendingList] {
        guard let channel else { return [publicMessages, publicOthers] }
        return (channelTable.messages(of: channel).map { [$0] } ?? []) + channelTable.others(of: channel)
    }

    /// A channel's messages or, with nil, all public ones; nil when there are none. A channel's may still
    /// hold some that have been dropped: single channels are trimmed late.
    /// - Parameter channel: its name, escaped.
    func messages(of channel: [UInt8]?) -> AscendingList? {
        guard let channel else { return publicMessages }
        return channelTable.messages(of: channel)
    }

    /// Channels with messages from `first` on, private and reserved ones too.
    func channels(from first: Offset) -> [ChannelSummary] {
        channelTable.channels.compactMap { channel in
            let count = channel.messages.endIndex - channel.messages.index(notBelow: first.value)
            guard count > 0 else { return nil }
            return ChannelSummary(
                name: ChannelName.unescape(channel.name), messageCount: count,
                last: Offset(channel.messages[channel.messages.endIndex - 1]))
        }
    }

    /// Forgets what is before `offset`, at the latest when as much again has been dropped several times.
    /// - Parameter lines: how many lines these are.
    mutating func drop(before offset: Offset, lines: Int) {
        publicMessages.drop(below: offset.value)
        publicOthers.drop(below: offset.value)
        channelTable.sweep(lines * ViewLimits.sweptPerLine, before: offset)
    }

    /// Heap memory. Costs time in proportion to the number of channels.
    var bytes: Int { publicMessages.bytes + publicOthers.bytes + channelTable.bytes }
}

/// A channel and how many of its messages are in an index.
public struct ChannelSummary: Equatable, Sendable {
    public let name: [UInt8]
    public let messageCount: Int
    /// The newest message.
    public let last: Offset

    /// Neither reserved nor private.
    public var isPublic: Bool { name.withUnsafeBytes { ChannelName.isPublic($0) } }
}
