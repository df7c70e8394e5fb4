import LogLine

/// Where each line of a stretch of the log is, which digest the log has there, and which messages each
/// channel has.
///
/// A stream position counts the bytes of all lines (each with its newline) before it, from the log's
/// beginning; so the index serves segment files and memory alike. It covers `first...last`; lines are
/// appended at the end, and the front may be dropped. Nothing is allocated per line. Memory per message is at
/// most 24 bytes where channels have 1,000 messages and more, typically 12 to 15: 4 each for its position,
/// the list of all messages and its channel's list. A channel by itself costs about 250 bytes.
///
/// One owner; no locking.
public final class LogIndex {
    private struct Tables {
        var lines: LineTable
        var messages: MessageTable

        mutating func append(
            bytes: Int, crc: UInt32, channel: UnsafeRawBufferPointer, isMessage: Bool
        ) -> Offset {
            let offset = lines.append(bytes: bytes, crc: crc)
            if isMessage {
                messages.append(offset, channel: channel)
            } else {
                messages.append(other: offset, channel: channel)
            }
            return offset
        }
    }

    /// Without the run-time exclusivity check, which each line would pay for: nothing is called out to.
    @exclusivity(unchecked) private var tables: Tables

    /// Empty: the first line appended will be `after.next`.
    /// - Parameters:
    ///   - digest: the log's digest at `after`.
    ///   - position: the stream position behind `after`.
    public init(
        after: Offset = .zero, digest: Digest = .zero, position: UInt64 = 0, hash: ChannelHash
    ) {
        tables = Tables(
            lines: LineTable(after: after, digest: digest, position: position),
            messages: MessageTable(hash: hash))
    }

    /// The oldest line here; `last.next` when there is none.
    public var first: Offset { tables.lines.first }
    /// The newest line; the one before `first` when there is none.
    public var last: Offset { tables.lines.last }
    public var isEmpty: Bool { last < first }
    /// How many lines are here.
    public var count: Int { last.next - first }
    /// Stream position of the first line.
    public var firstPosition: UInt64 { tables.lines.position(after: tables.lines.first.previous) }
    /// Stream position behind `last`.
    public var end: UInt64 { tables.lines.end }
    /// The log's digest before `first`.
    public var firstDigest: Digest { tables.lines.firstDigest }
    /// The log's digest at `last`.
    public var digest: Digest { tables.lines.digest }

    /// Takes in the line `last.next` and returns its offset.
    /// - Parameters:
    ///   - bytes: its length with the newline.
    ///   - channel: as it stands in the line, between the quotes.
    @discardableResult
    public func append(bytes: Int, crc: UInt32, channel: UnsafeRawBufferPointer, isMessage: Bool) -> Offset {
        tables.append(bytes: bytes, crc: crc, channel: channel, isMessage: isMessage)
    }

    /// Where `offset` stands, with its newline. Precondition: it is in `first...last`.
    public func positions(of offset: Offset) -> Range<UInt64> { tables.lines.positions(of: offset) }

    /// Stream position behind `offset`. Precondition: it is in `first.previous...last`.
    public func position(after offset: Offset) -> UInt64 { tables.lines.position(after: offset) }

    /// The digest at `offset`. Precondition: it is in `first.previous...last`.
    /// - Parameter crc: gives the crcs of lines up to `offset`; asked for fewer than 256, in order.
    public func digest(at offset: Offset, crcOf crc: (Offset) -> UInt32) -> Digest {
        tables.lines.digest(at: offset, crcOf: crc)
    }

    /// The nearest digest that is known without reading lines: the digest at `offset` is this one with the
    /// crcs of the lines behind it, fewer than 256, added. Precondition: `offset` is in
    /// `first.previous...last`.
    public func checkpoint(notAfter offset: Offset) -> (offset: Offset, digest: Digest) {
        tables.lines.checkpoint(notAfter: offset)
    }

    /// Forgets everything before `offset`, at most all. Lists give their memory back by whole chunks, and
    /// those of single channels somewhat later.
    /// - Parameter digest: the log's digest at `offset.previous`.
    public func drop(before offset: Offset, digest: Digest) {
        guard offset > first else { return }
        let count = offset - first
        tables.lines.drop(before: offset, digest: digest)
        tables.messages.drop(before: offset, lines: count)
    }

    /// All channels with messages here, private and reserved ones too, in no particular order. Costs time in
    /// proportion to their number.
    public var channels: [ChannelSummary] { tables.messages.channels(from: first) }

    /// Heap memory of everything in here. Costs time in proportion to the number of channels.
    public var indexBytes: Int { tables.lines.bytes + tables.messages.bytes }

    /// The messages that `query` asks for, among a channel's or, with nil, among all public ones. An unknown
    /// channel has none.
    /// - Parameter channel: its name, not escaped.
    public func select(channel: [UInt8]?, _ query: MessageQuery) -> MessageSelection {
        let name = channel.map(ChannelName.escape)
        return MessageSelection(query, of: name, in: offsets(of: name), from: first)
    }

    /// The offsets of a channel's messages or, with nil, of all public ones. Some may be before `first`.
    /// - Parameter channel: its name, escaped.
    func offsets(of channel: [UInt8]?) -> AscendingList {
        tables.messages.messages(of: channel) ?? AscendingList()
    }

    /// Of a channel's messages and of its other lines or, with nil, of all public ones'.
    /// - Parameter channel: its name, escaped.
    func lists(of channel: [UInt8]?) -> [AscendingList] { tables.messages.lists(of: channel) }

    /// The newest message of a channel that is here.
    /// - Parameter channel: its name, not escaped.
    public func lastMessage(in channel: [UInt8]) -> Offset? {
        let list = offsets(of: ChannelName.escape(channel))
        guard !list.isEmpty else { return nil }
        let last = Offset(list[list.endIndex - 1])
        return last >= first ? last : nil
    }

    /// For reading many positions: the lines as they are now.
    var lineTable: LineTable { tables.lines }
}
