import LogLine

/// Who may read and post where.
extension ChatState {
    /// Whether somebody may read a channel now: everybody a public one, its members a private one.
    /// - Parameter reader: the account's name, already known to be theirs; nil: no account.
    public func mayRead(_ reader: [UInt8]?, _ channel: Channel) -> Bool {
        if channel.isPublic { return true }
        guard channel.isPrivate, let reader, let account = accounts.number(of: reader) else { return false }
        return !accounts.list[account].isDeleted && rooms[channel.bytes]?.role(account) != nil
    }

    /// The line that made an account a member of a room; nil: it is none.
    public func joined(_ name: [UInt8], _ channel: Channel) -> Offset? {
        accounts.number(of: name).flatMap { rooms[channel.bytes]?.members[$0]?.joined }
    }

    /// The same for somebody with a token, which has to be good, or without; `.noSuchChannel` when not.
    public func reading(_ actor: ChatActor, _ channel: Channel) throws(ChatRefusal) {
        // Of a public channel, too: who was signed out is nobody's guest.
        if channel.isPublic { return _ = try name(of: actor) }
        guard case .account = actor, channel.isPrivate else { throw .noSuchChannel }
        _ = try membership(of: try known(actor), in: channel)
    }

    /// The name under which somebody writes in a channel that they may read; nil when they gave none.
    /// `.nameOfAccount` for one without account who takes an account's name.
    public func writer(_ actor: ChatActor, in channel: Channel) throws(ChatRefusal) -> Author? {
        try reading(actor, channel)
        return try known(actor).author
    }

    /// The account of somebody who is signed in.
    public func account(of actor: ChatActor) throws(ChatRefusal) -> Account {
        accounts.list[try knownAccount(actor).number]
    }

    /// The name of the account of somebody who is signed in; nil for somebody who is not.
    public func name(of actor: ChatActor) throws(ChatRefusal) -> [UInt8]? {
        guard case .account = actor else { return nil }
        return try account(of: actor).name
    }

    /// The private rooms and direct conversations of an account, oldest first.
    public func privateRooms(of name: [UInt8]) -> [Room] {
        accounts.number(of: name).map { rooms.rooms(of: $0) } ?? []
    }

    /// Owners first, then moderators, then the others, each by lowercase name.
    public func members(of room: Room) -> [(account: Account, role: Role)] {
        room.members.map { (number: $0.key, role: $0.value.role) }
            .sorted { left, right in
                if left.role != right.role { return left.role > right.role }
                return accounts.lowercaseName(left.number)
                    .lexicographicallyPrecedes(accounts.lowercaseName(right.number))
            }
            .map { (accounts.list[$0.number], $0.role) }
    }

    /// What a post, an edit or a reaction of `actor` in `channel` relies on: who they are, and the room as it
    /// is, where there is one.
    func access(of actor: KnownActor, to channel: Channel) throws(ChatRefusal) -> [Draft.Expectation] {
        if channel.isPublic, allowsAccounts {
            return actor.expectations + (rooms[channel.bytes].map { [expectation(of: $0)] } ?? [])
        }
        if channel.isPublic { return actor.expectations }
        let room = try membership(of: actor, in: channel)
        return actor.expectations + [expectation(of: room)]
    }

    /// The private room `channel`, of which `actor` is a member.
    func membership(of actor: KnownActor, in channel: Channel) throws(ChatRefusal) -> Room {
        guard channel.isPrivate, let account = actor.account, let room = rooms[channel.bytes],
            room.role(account) != nil
        else { throw .noSuchChannel }
        return room
    }

    /// That the room's newest line is the one that this state knows.
    func expectation(of room: Room) -> Draft.Expectation {
        Draft.Expectation(key: ChatVocabulary.roomKey(room.channel), offset: room.lastOffset)
    }

    /// Whether somebody else owns the room, too.
    func hasOtherOwner(_ room: Room, than account: Int) -> Bool {
        room.members.contains { $0.key != account && $0.value.role == .owner && isLiving($0.key) }
    }

    /// Whether all others are gone for ever.
    func isAlone(_ account: Int, in room: Room) -> Bool {
        !room.members.keys.contains { $0 != account && isLiving($0) }
    }

    private func isLiving(_ account: Int) -> Bool { !accounts.list[account].isDeleted }
}
