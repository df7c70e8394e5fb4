import LogLine

/// One line of somebody's list of conversations.
public struct Conversation: Equatable, Sendable {
    public enum Form: Equatable, Sendable {
        /// A public channel, with or without a room.
        case open
        case room
        case direct
    }

    /// Not escaped.
    public let channel: [UInt8]
    public let form: Form
    /// The room's, or the other's name of a direct conversation; empty for a channel without a room.
    public let title: [UInt8]
    /// The newest message that is in the index; nil: none.
    public let last: Offset?
    /// Messages behind the mark that are not deleted; 0 for somebody without account.
    public let unread: Int
    public let mentions: Int
    /// Up to where it has been read.
    public let mark: Offset

    /// What the list goes by: the newest message, else the room's newest line.
    fileprivate let newest: Offset
}

extension ChatState {
    /// Up to where an account has read a channel; zero: nowhere, or there is no such account.
    public func readMark(of name: [UInt8], in channel: [UInt8]) -> Offset {
        accounts.number(of: name).map { marks.mark(of: $0, in: ChannelName.escape(channel)) } ?? .zero
    }

    /// How many messages of a channel an account has not read: behind its mark, and written since it was
    /// registered and joined; deleted ones do not count. Where the index has been trimmed, those that are
    /// still in it.
    public func unread(of name: [UInt8], in channel: [UInt8], _ index: LogIndex) -> Int {
        guard let account = accounts.number(of: name) else { return 0 }
        return unread(account, ChannelName.escape(channel), index)
    }

    /// The unread messages of a channel that mention an account, oldest first; at most the newest
    /// `ChatLimits.mentionsPerChannelMax`.
    public func mentions(of name: [UInt8], in channel: [UInt8]) -> [Offset] {
        accounts.number(of: name).map { mentions($0, ChannelName.escape(channel)) } ?? []
    }

    /// The public channels that have messages or a room, and the private rooms of an account, newest first.
    /// Costs time in proportion to the number of channels.
    /// - Parameter name: of the account; nil: somebody without.
    public func conversations(of name: [UInt8]?, _ index: LogIndex, limit: Int) -> [Conversation] {
        let account = name.flatMap { accounts.number(of: $0) }
        let rooms = rooms.list.filter { !$0.isPrivate } + (account.map { self.rooms.rooms(of: $0) } ?? [])
        var found: [[UInt8]: Offset?] = [:]
        for summary in index.channels where summary.isPublic { found[summary.name] = summary.last }
        for room in rooms where found[room.channel] == nil {
            found.updateValue(index.lastMessage(in: room.channel), forKey: room.channel)
        }
        let all = found.map { conversation($0.key, last: $0.value, account, index) }
        return Array(all.sorted { $0.newest > $1.newest }.prefix(limit))
    }

    private func conversation(
        _ channel: [UInt8], last: Offset?, _ account: Int?, _ index: LogIndex
    ) -> Conversation {
        let room = rooms[channel]
        let name = ChannelName.escape(channel)
        return Conversation(
            channel: channel, form: form(of: room), title: title(of: room, for: account), last: last,
            unread: account.map { unread($0, name, index) } ?? 0,
            mentions: account.map { mentions($0, name).count } ?? 0,
            mark: account.map { marks.mark(of: $0, in: name) } ?? .zero,
            newest: last ?? room?.lastOffset ?? .zero)
    }

    private func form(of room: Room?) -> Conversation.Form {
        guard let room, room.isPrivate else { return .open }
        return room.isDirect ? .direct : .room
    }

    /// A direct conversation is called as the other one.
    private func title(of room: Room?, for account: Int?) -> [UInt8] {
        guard let room, room.isDirect else { return room?.title ?? [] }
        return room.members.keys.first { $0 != account }.map { accounts.list[$0].name } ?? []
    }

    private func unread(_ account: Int, _ channel: [UInt8], _ index: LogIndex) -> Int {
        let after = max(start(of: account, in: channel), index.first.previous)
        let messages = index.offsets(of: channel)
        let count = messages.endIndex - messages.index(notBelow: after.next.value)
        return max(0, count - amendments.deletedCount(in: channel, after: after))
    }

    private func mentions(_ account: Int, _ channel: [UInt8]) -> [Offset] {
        let after = start(of: account, in: channel)
        return marks.mentions(of: account, in: channel).filter { $0 > after && !amendments.isDeleted($0) }
    }

    /// Behind which offset messages are news to an account.
    private func start(of account: Int, in channel: [UInt8]) -> Offset {
        let joined = rooms.room(escaped: channel)?.members[account]?.joined ?? .zero
        return max(marks.mark(of: account, in: channel), accounts.list[account].registered, joined)
    }
}
