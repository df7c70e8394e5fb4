import LogLine

/// Where each line of a stretch of the log is, which digest the log has there, and which messages each
/// channel has.
///
/// A stream position counts the bytes of all lines (each with its newline) before it, from the log's
/// beginning; so the index serves segment files and memory alike. It covers `first...last`; lines are
/// appended at the end, and the front may be dropped. Nothing is allocated per line. Memory per message is at
/// most 24 bytes where channels have 1,000 messages and more, typically 12 to 15: 4 each for its position,
/// the list of all messages and its channel's list. A channel by itself costs about 300 bytes.
///
/// A value; a copy shares all full chunks with the original.
public struct LogIndex {
    /// Offset → stream position; an index of the list is an offset.
    private var starts: AscendingList
    /// The digests at the multiples of `ViewLimits.digestInterval` within `first...last`.
    private var checkpoints: [Digest] = []
    /// Offsets of the messages that public endpoints may serve.
    private var publicMessages = AscendingList()
    private var channelTable: ChannelTable

    /// The oldest line here; `last.next` when there is none.
    public private(set) var first: Offset
    /// The newest line; the one before `first` when there is none.
    public private(set) var last: Offset
    /// Stream position behind `last`.
    public private(set) var end: UInt64
    /// At `last`.
    public private(set) var digest: Digest
    /// Before `first`.
    public private(set) var firstDigest: Digest

    /// Empty: the first line appended will be `after.next`.
    /// - Parameters:
    ///   - digest: the log's digest at `after`.
    ///   - position: the stream position behind `after`.
    public init(
        after: Offset = .zero, digest: Digest = .zero, position: UInt64 = 0, hash: ChannelHash
    ) {
        first = after.next
        last = after
        end = position
        self.digest = digest
        firstDigest = digest
        starts = AscendingList(startIndex: Int(after.next.value))
        channelTable = ChannelTable(hash: hash)
    }

    public var isEmpty: Bool { last < first }
    /// How many lines are here.
    public var count: Int { last.next - first }

    /// Takes in the line `last.next` and returns its offset.
    /// - Parameters:
    ///   - bytes: its length with the newline.
    ///   - channel: as it stands in the line, between the quotes.
    @discardableResult
    public mutating func append(
        bytes: Int, crc: UInt32, channel: UnsafeRawBufferPointer, isMessage: Bool
    ) -> Offset {
        precondition(bytes > 0, "a line has bytes")
        starts.append(end)
        end += UInt64(bytes)
        last = last.next
        digest = digest.adding(crc: crc)
        if last.value % ViewLimits.digestInterval == 0 { checkpoints.append(digest) }
        guard isMessage else { return last }
        if ChannelName.isPublic(channel) { publicMessages.append(last.value) }
        channelTable.append(last, to: channel)
        return last
    }

    /// Where `offset` stands, with its newline. Precondition: it is in `first...last`.
    public func positions(of offset: Offset) -> Range<UInt64> {
        start(of: offset)..<position(after: offset)
    }

    /// Stream position behind `offset`. Precondition: it is in `first.previous...last`.
    public func position(after offset: Offset) -> UInt64 {
        precondition(offset.next >= first && offset <= last, "offset outside of the index")
        return offset == last ? end : start(of: offset.next)
    }

    /// Stream position of the first line.
    public var firstPosition: UInt64 { position(after: first.previous) }

    /// The digest at `offset`. Precondition: it is in `first.previous...last`.
    /// - Parameter crc: gives the crcs of lines up to `offset`; asked for fewer than 256, in order.
    public func digest(at offset: Offset, crcOf crc: (Offset) -> UInt32) -> Digest {
        guard offset != last else { return digest }
        var (at, digest) = checkpoint(notAfter: offset)
        while at < offset {
            at = at.next
            digest = digest.adding(crc: crc(at))
        }
        return digest
    }

    /// The nearest digest that is known without reading lines: the digest at `offset` is this one with the
    /// crcs of the lines behind it, fewer than 256, added. Precondition: `offset` is in
    /// `first.previous...last`.
    public func checkpoint(notAfter offset: Offset) -> (offset: Offset, digest: Digest) {
        precondition(offset.next >= first && offset <= last, "offset outside of the index")
        let interval = offset.value / ViewLimits.digestInterval
        guard interval >= firstInterval else { return (first.previous, firstDigest) }
        return (Offset(interval * ViewLimits.digestInterval), checkpoints[Int(interval - firstInterval)])
    }

    /// Forgets everything before `offset`, at most all. Lists give their memory back by whole chunks, and
    /// those of single channels somewhat later.
    /// - Parameter digest: the log's digest at `offset.previous`.
    public mutating func drop(before offset: Offset, digest: Digest) {
        guard offset > first else { return }
        precondition(offset <= last.next, "cannot drop what has not come yet")
        let dropped = offset - first
        let interval = firstInterval
        first = offset
        firstDigest = digest
        starts.drop(below: isEmpty ? end : start(of: offset))
        checkpoints.removeFirst(Int(firstInterval - interval))
        publicMessages.drop(below: offset.value)
        channelTable.sweep(dropped * ViewLimits.sweptPerLine, before: offset)
    }

    /// All channels with messages here, private and reserved ones too, in no particular order. Costs time in
    /// proportion to their number.
    public var channels: [ChannelSummary] {
        channelTable.channels.compactMap { channel in
            let count = retained(channel.messages).count
            guard count > 0 else { return nil }
            return ChannelSummary(name: ChannelName.unescape(channel.name), messageCount: count)
        }
    }

    /// Heap memory of everything in here. Costs time in proportion to the number of channels.
    public var indexBytes: Int {
        let digests = checkpoints.capacity * MemoryLayout<Digest>.stride + ArrayMemory.headerBytes
        return starts.bytes + digests + publicMessages.bytes + channelTable.bytes
    }

    /// The offsets of a channel's messages or, with nil, of all public ones; nil when there are none. Some
    /// may be before `first`: see `retained`.
    /// - Parameter channel: its name, escaped.
    func messages(of channel: [UInt8]?) -> AscendingList? {
        guard let channel else { return publicMessages }
        return channelTable.messages(of: channel)
    }

    /// The indices of those in a list of messages that are still here: single channels are trimmed late.
    func retained(_ messages: AscendingList) -> Range<Int> {
        messages.index(notBelow: first.value)..<messages.endIndex
    }

    private func start(of offset: Offset) -> UInt64 { starts[Int(offset.value)] }

    /// The number of the first interval whose checkpoint is in `checkpoints` (or will be).
    private var firstInterval: UInt64 { first.previous.value / ViewLimits.digestInterval + 1 }
}

/// A channel and how many of its messages are in an index.
public struct ChannelSummary: Equatable, Sendable {
    public let name: [UInt8]
    public let messageCount: Int
}
