import LogLine

/// What became of a message after it was written.
public struct Amendment: Equatable, Sendable {
    /// The newest line with the message's key; zero: there is none.
    public internal(set) var lastOffset = Offset.zero
    /// Nil: as it was written.
    public internal(set) var text: [UInt8]?
    /// When the text was changed last.
    public internal(set) var edited: Timestamp?
    /// Nobody is to read it any more; a redacted message is deleted, too.
    public internal(set) var isDeleted = false
    /// What it said was erased from the log.
    public internal(set) var isRedacted = false
    /// In the order in which the emoji came first.
    public internal(set) var reactions: [Reaction] = []

    public struct Reaction: Equatable, Sendable {
        public let emoji: [UInt8]
        /// Who reacted so, in their order; never empty.
        public internal(set) var authors: [[UInt8]]
    }

    /// Nobody sees a difference.
    var isInvisible: Bool { text == nil && !isDeleted && reactions.isEmpty }
    var reactionCount: Int { reactions.reduce(0) { $0 + $1.authors.count } }

    mutating func react(_ emoji: [UInt8], by author: [UInt8], isOn: Bool) throws(ChatTrouble) {
        let place = reactions.firstIndex { $0.emoji == emoji }
        guard isOn else { return try withdraw(author, at: place) }
        guard reactionCount < ChatLimits.reactionsPerMessageMax else { throw .inapplicable }
        if let place {
            guard !reactions[place].authors.contains(author) else { return }
            reactions[place].authors.append(author)
        } else {
            guard reactions.count < ChatLimits.emojiPerMessageMax else { throw .inapplicable }
            reactions.append(Reaction(emoji: emoji, authors: [author]))
        }
    }

    private mutating func withdraw(_ author: [UInt8], at place: Int?) throws(ChatTrouble) {
        guard let place, let index = reactions[place].authors.firstIndex(of: author) else { return }
        reactions[place].authors.remove(at: index)
        if reactions[place].authors.isEmpty { reactions.remove(at: place) }
    }
}

/// Edits, deletions, reactions and replies, folded from the log in the order of its offsets: what readers of
/// messages see instead of the lines as they were written.
///
/// | line | effect on the message at its `offset` |
/// |---|---|
/// | kind `edit` | has another text |
/// | kind `delete` | has no text and no reactions, now and for ever |
/// | kind `reaction` | has one more, or one less |
/// | a message with `reply_to` | has one more reply (deleted replies count too) |
/// | the message itself, redacted | is as if deleted from the beginning |
///
/// A line without any of these costs a look at two of its bytes. One owner; no locking.
public final class Amendments {
    private var messages: [Offset: Amendment] = [:]
    /// How many of these are deleted, by channel (escaped), ascending.
    private var deletions: [[UInt8]: [UInt64]] = [:]
    private var replies: [Offset: AscendingList] = [:]
    private var amended = AmendedSet()
    /// Lines of these kinds that changed nothing: see `ChatTrouble`.
    public private(set) var skippedLines = 0

    public init() {}

    /// How many messages are not as they were written.
    public var count: Int { amended.count }

    public subscript(offset: Offset) -> Amendment? { messages[offset] }

    public func isDeleted(_ offset: Offset) -> Bool { messages[offset]?.isDeleted ?? false }

    public func replyCount(_ offset: Offset) -> Int { replies[offset]?.count ?? 0 }

    /// The replies to a message behind `after`, oldest first.
    public func replies(to offset: Offset, after: Offset = .zero, limit: Int) -> [Offset] {
        guard let list = replies[offset] else { return [] }
        let start = list.index(notBelow: after.next.value)
        return (start..<min(list.endIndex, start + limit)).map { Offset(list[$0]) }
    }

    /// The first message of `start..<end` that is not as it was written.
    public func firstAmended(from start: Offset, before end: Offset) -> Offset? {
        amended.first(from: start, before: end)
    }

    /// How many messages of a channel behind `offset` are deleted.
    /// - Parameter channel: escaped.
    func deletedCount(in channel: [UInt8], after offset: Offset) -> Int {
        guard let list = deletions[channel] else { return 0 }
        return list.count - partitionPoint(0..<list.count) { list[$0] > offset.value }
    }

    // MARK: Lines

    /// Takes in the log's next line (without its newline), of which `scan` was made.
    public func apply(_ bytes: UnsafeRawBufferPointer, _ scan: LineScan) {
        if scan.isMessage {
            applyMessage(bytes, scan)
            guard scan.beginsWithKey(in: bytes) else { return }
        }
        do throws(LineError) { apply(try ChatLine(bytes, scan)) } catch { skippedLines += 1 }
    }

    /// What a message's own line says: what it answers, and whether anything is left of it.
    @inline(__always)
    func applyMessage(_ bytes: UnsafeRawBufferPointer, _ scan: LineScan) {
        if scan.isRedacted { redact(bytes, scan) }
        guard let target = Line.replyTo(of: bytes, scan) else { return }
        add(reply: scan.offset, to: target)
    }

    /// A line that is no plain message.
    func apply(_ line: ChatLine) {
        do throws(ChatTrouble) {
            switch line.kind {
            case .edit: try edit(line)
            case .delete: try delete(line)
            case .reaction: try react(line)
            case .account, .room, .read, nil: break
            }
        } catch {
            skippedLines += 1
        }
        touch(line)
    }

    private func add(reply: Offset, to target: Offset) {
        guard target < reply else {
            skippedLines += 1
            return
        }
        replies[target, default: AscendingList()].append(reply.value)
        amended.insert(target)
    }

    /// An amendment that comes later is inapplicable.
    private func redact(_ bytes: UnsafeRawBufferPointer, _ scan: LineScan) {
        messages[scan.offset] = Amendment(isDeleted: true, isRedacted: true)
        amended.insert(scan.offset)
        deletions[Array(bytes[scan.channel]), default: []].append(scan.offset.value)
    }

    private func edit(_ line: ChatLine) throws(ChatTrouble) {
        let content = try line.content()
        let target = try line.keyedTarget(content)
        // What the edit said was erased: the message says what it said before.
        guard !line.scan.isRedacted else { return }
        guard let text = content.text else { throw .malformed }
        guard !isDeleted(target) else { throw .inapplicable }
        messages[target, default: Amendment()].text = text
        messages[target]?.edited = line.scan.time
        amended.insert(target)
    }

    private func delete(_ line: ChatLine) throws(ChatTrouble) {
        let target = try line.keyedTarget(try line.content())
        guard !isDeleted(target) else { throw .inapplicable }
        messages[target] = Amendment(lastOffset: line.offset, isDeleted: true)
        amended.insert(target)
        let place = deletions[line.channelName].map { list in
            partitionPoint(0..<list.count) { list[$0] > target.value }
        }
        deletions[line.channelName, default: []].insert(target.value, at: place ?? 0)
    }

    private func react(_ line: ChatLine) throws(ChatTrouble) {
        let content = try line.content()
        let target = try line.target(content)
        guard let emoji = content.emoji, let isOn = content.isOn, let author = line.author else {
            throw .malformed
        }
        var amendment = messages.removeValue(forKey: target) ?? Amendment()
        defer { put(amendment, at: target) }
        guard !amendment.isDeleted else { throw .inapplicable }
        try amendment.react(emoji, by: author, isOn: isOn)
    }

    private func put(_ amendment: Amendment, at target: Offset) {
        if !amendment.isInvisible || amendment.lastOffset > .zero { messages[target] = amendment }
        if !amendment.isInvisible || replies[target] != nil {
            amended.insert(target)
        } else {
            amended.remove(target)
        }
    }

    /// Whatever line has a message's key is the last one that the log knows it by.
    private func touch(_ line: ChatLine) {
        guard let key = line.key, let target = ChatKey.message(key), target < line.offset else { return }
        messages[target, default: Amendment()].lastOffset = line.offset
    }
}
