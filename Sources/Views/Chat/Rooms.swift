import LogLine

/// A conversation that somebody has made: a private one, a direct one of two, or a public channel with a
/// title and an owner.
public struct Room: Equatable, Sendable {
    /// Not escaped.
    public let channel: [UInt8]
    /// Of exactly two, whom nobody joins and who do not leave.
    public let isDirect: Bool
    public let since: Timestamp
    /// Empty for a direct conversation.
    public internal(set) var title: [UInt8] = []
    /// Empty for none.
    public internal(set) var topic: [UInt8] = []
    /// The newest line with its key.
    public internal(set) var lastOffset: Offset
    /// By the account's number.
    var members: [Int: Membership] = [:]

    struct Membership: Equatable, Sendable {
        var role: Role
        /// The line that made the account a member.
        let joined: Offset
    }

    /// Only its members know of it.
    public var isPrivate: Bool { channel.first == UInt8(ascii: "@") }
    public var memberCount: Int { members.count }

    func role(_ account: Int) -> Role? { members[account]?.role }
}

/// All rooms, folded from the lines of kind `room`.
///
/// | op | effect |
/// |---|---|
/// | `create` | the room is there; its author owns it, and `members` are members |
/// | `direct` | a conversation of the two `members` is there |
/// | `set` | another title or topic |
/// | `add` | `name` is a member, with `role` |
/// | `role` | the member `name` has another role |
/// | `remove` | `name` is no member any more |
///
/// A room in which somebody is left has an owner who is left: when the last one's account is deleted,
/// whatever else happened meanwhile, the member of the highest role who has been there longest is the next
/// one.
public struct Rooms {
    /// By escaped channel; numbers are those of `list`.
    private var table: NameTable
    private(set) var list: [Room] = []
    /// The private rooms of each account, by its number.
    private var privateRooms: [Int: Set<Int>] = [:]

    init(hash: ChannelHash) { table = NameTable(hash: hash) }

    public var count: Int { list.count }

    /// - Parameter channel: not escaped.
    public subscript(channel: [UInt8]) -> Room? { room(escaped: ChannelName.escape(channel)) }

    func room(escaped channel: [UInt8]) -> Room? { table.find(channel).map { list[$0] } }

    /// Whether what happens in the channel is for `account`: it is public, or the account is a member.
    func isOpen(_ channel: UnsafeRawBufferPointer, to account: Int) -> Bool {
        if ChannelName.isPublic(channel) { return true }
        guard let number = table.find(channel) else { return false }
        return list[number].members[account] != nil
    }

    /// The private rooms that an account is a member of, by their channels' age.
    func rooms(of account: Int) -> [Room] { (privateRooms[account] ?? []).sorted().map { list[$0] } }

    func roomCount(of account: Int) -> Int { privateRooms[account]?.count ?? 0 }

    /// Takes in a line of kind `room`.
    mutating func apply(_ line: ChatLine, _ accounts: Accounts) throws(ChatTrouble) {
        let channel = ChannelName.unescape(line.channelName)
        guard line.isKeyed(ChatVocabulary.roomPrefix, channel), let author = line.author else {
            throw .malformed
        }
        let content = try line.content()
        if content.isOperation("create") || content.isOperation("direct") {
            guard let creator = accounts.number(of: author) else { throw .inapplicable }
            return try create(channel, by: creator, content, line, accounts)
        }
        guard let number = table.find(line.channel) else { throw .inapplicable }
        if content.isOperation("set") {
            guard !list[number].isDirect else { throw .inapplicable }
            if let title = content.title { list[number].title = title }
            if let topic = content.topic { list[number].topic = topic }
        } else {
            try changeMember(of: number, content, line.offset, accounts)
            ensureOwner(of: number, accounts)
        }
    }

    /// An account was deleted: the rooms that it owned alone get another owner.
    mutating func bequeath(of account: Int, _ accounts: Accounts) {
        for number in list.indices where list[number].role(account) == .owner {
            ensureOwner(of: number, accounts)
        }
    }

    /// A line with the key of the room `channel` (not escaped); false: there is none.
    mutating func touch(_ channel: [UInt8], _ offset: Offset) -> Bool {
        guard let number = table.find(ChannelName.escape(channel)) else { return false }
        list[number].lastOffset = offset
        return true
    }

    private mutating func create(
        _ channel: [UInt8], by creator: Int, _ content: ChatContent, _ line: ChatLine, _ accounts: Accounts
    ) throws(ChatTrouble) {
        guard table.find(line.channel) == nil else { throw .inapplicable }
        let isDirect = content.isOperation("direct")
        var room = Room(
            channel: channel, isDirect: isDirect, since: line.scan.time, lastOffset: line.offset)
        if !isDirect {
            guard let title = content.title else { throw .malformed }
            room.title = title
            room.topic = content.topic ?? []
            room.members[creator] = Room.Membership(role: .owner, joined: line.offset)
        }
        for name in content.members {
            guard let member = accounts.number(of: name), room.members[member] == nil else { continue }
            room.members[member] = Room.Membership(role: .member, joined: line.offset)
        }
        guard !isDirect || (room.memberCount == 2 && room.members[creator] != nil && room.isPrivate) else {
            throw .malformed
        }
        let number = table.add(line.channel)
        list.append(room)
        guard room.isPrivate else { return }
        for member in room.members.keys { privateRooms[member, default: []].insert(number) }
    }

    private mutating func ensureOwner(of number: Int, _ accounts: Accounts) {
        guard !list[number].isDirect else { return }
        let living = list[number].members.filter { !accounts.list[$0.key].isDeleted }
        guard !living.contains(where: { $0.value.role == .owner }) else { return }
        let heir = living.min { left, right in
            if left.value.role != right.value.role { return left.value.role > right.value.role }
            if left.value.joined != right.value.joined { return left.value.joined < right.value.joined }
            return left.key < right.key
        }
        if let heir { list[number].members[heir.key]?.role = .owner }
    }

    private mutating func changeMember(
        of number: Int, _ content: ChatContent, _ offset: Offset, _ accounts: Accounts
    ) throws(ChatTrouble) {
        guard let name = content.name else { throw .malformed }
        guard !list[number].isDirect, let account = accounts.number(of: name) else { throw .inapplicable }
        let isMember = list[number].members[account] != nil
        if content.isOperation("remove") {
            guard isMember else { throw .inapplicable }
            list[number].members[account] = nil
            privateRooms[account]?.remove(number)
            return
        }
        guard let role = content.role.flatMap(Role.init) else { throw .malformed }
        if content.isOperation("add") {
            guard !isMember else { throw .inapplicable }
            list[number].members[account] = Room.Membership(role: role, joined: offset)
            if list[number].isPrivate { privateRooms[account, default: []].insert(number) }
        } else if content.isOperation("role") {
            guard isMember else { throw .inapplicable }
            list[number].members[account]?.role = role
        } else {
            throw .malformed
        }
    }
}
