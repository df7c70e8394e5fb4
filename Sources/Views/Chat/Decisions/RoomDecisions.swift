import LogLine

/// What becomes of rooms. Somebody who is not in a private room is told that it is not there.
extension ChatState {
    /// A new room, of which `actor` is the owner: a private one when `channel` is (the caller makes up a name
    /// that nobody can guess), else a public channel gets a title and an owner.
    /// - Parameters:
    ///   - members: names of accounts, beside the owner's own.
    ///   - hasMessages: whether there are messages in the channel.
    public func roomCreation(
        by actor: ChatActor, channel: Channel, title: [UInt8], topic: [UInt8]? = nil,
        members: [[UInt8]] = [], hasMessages: Bool = false
    ) throws(ChatRefusal) -> Draft {
        let actor = try knownAccount(actor)
        guard !channel.isReserved else { throw .noSuchChannel }
        guard rooms[channel.bytes] == nil else { throw .taken("the channel is a room already") }
        guard !hasMessages else { throw .taken("the channel has messages already") }
        let checked = try checked(title, topic)
        let invited = try invitedMembers(members, by: actor.number, isPrivate: channel.isPrivate)
        let content = ChatContentWriter("create").adding("title", title).adding("topic", ifAny: checked.topic)
            .adding("members", invited.map { accounts.lowercaseName($0) })
        return newRoomDraft(channel, actor.author, content, actor.expectations)
    }

    /// A conversation of two; nil when it is there already.
    /// - Parameter channel: derived from both names, see `DirectChannel`.
    public func directConversation(
        by actor: ChatActor, with name: [UInt8], channel: Channel
    ) throws(ChatRefusal) -> Draft? {
        let actor = try knownAccount(actor)
        precondition(channel.isPrivate, "a direct conversation is private")
        if let room = rooms[channel.bytes], room.role(actor.number) != nil { return nil }
        let other = try livingAccount(name)
        guard other != actor.number else { throw .conflict("a conversation takes somebody else") }
        guard rooms[channel.bytes] == nil else { throw .taken("the channel is a room already") }
        for account in [actor.number, other] { try checkRoomCount(of: account) }
        let names = [actor.number, other].map { accounts.lowercaseName($0) }
            .sorted { $0.lexicographicallyPrecedes($1) }
        let content = ChatContentWriter("direct").adding("members", names)
        return newRoomDraft(
            channel, actor.author, content, actor.expectations + [expectation(of: other)])
    }

    /// Another title or topic; nil: stays as it is.
    public func roomUpdate(
        by actor: ChatActor, _ channel: Channel, title: [UInt8]? = nil, topic: [UInt8]? = nil
    ) throws(ChatRefusal) -> Draft {
        let (actor, room) = try staff(actor, channel, atLeast: .moderator, "change a room's title or topic")
        let checked = try checked(title, topic)
        let content = ChatContentWriter("set").adding("title", ifAny: checked.title)
            .adding("topic", ifAny: checked.topic)
        return roomDraft(room, actor, content)
    }

    /// Invites somebody, or gives a member another role; nil when it is so already.
    public func membership(
        by actor: ChatActor, _ channel: Channel, name: [UInt8], role: Role
    ) throws(ChatRefusal) -> Draft? {
        guard let current = try roleOf(name, in: channel, askedBy: actor) else {
            return try invitation(by: actor, channel, name: name, role: role)
        }
        return current == role ? nil : try roleChange(by: actor, channel, name: name, role: role)
    }

    /// Moderators invite members; owners also moderators and owners.
    public func invitation(
        by actor: ChatActor, _ channel: Channel, name: [UInt8], role: Role = .member
    ) throws(ChatRefusal) -> Draft {
        let needed = role == .member ? Role.moderator : .owner
        let (actor, room) = try staff(actor, channel, atLeast: needed, "invite a \(text(role))")
        let account = try livingAccount(name)
        guard room.role(account) == nil else { throw .conflict("\(text(name)) is a member already") }
        guard room.memberCount < ChatLimits.membersPerRoomMax else {
            throw .conflict("the room has \(room.memberCount) members; there is no room for more")
        }
        if room.isPrivate { try checkRoomCount(of: account) }
        let content = ChatContentWriter("add").adding("name", accounts.lowercaseName(account))
            .adding("role", role.name)
        return roomDraft(room, actor, content, relyingOn: [account])
    }

    /// Owners change roles; the last one stays one.
    public func roleChange(
        by actor: ChatActor, _ channel: Channel, name: [UInt8], role: Role
    ) throws(ChatRefusal) -> Draft {
        let (actor, room) = try staff(actor, channel, atLeast: .owner, "change roles")
        let account = try member(name, of: room)
        guard room.role(account) != .owner || role == .owner || hasOtherOwner(room, than: account) else {
            throw .conflict("the room's last owner names another one first")
        }
        let content = ChatContentWriter("role").adding("name", accounts.lowercaseName(account))
            .adding("role", role.name)
        return roomDraft(room, actor, content, relyingOn: [account])
    }

    /// Somebody leaves, or is removed: members by moderators, everybody by owners.
    public func removal(
        by actor: ChatActor, _ channel: Channel, name: [UInt8]
    ) throws(ChatRefusal) -> Draft {
        let actor = try knownAccount(actor)
        let room = try room(channel, for: actor.number)
        guard !room.isDirect else { throw .forbidden("nobody leaves a direct conversation") }
        let account = try member(name, of: room)
        if account == actor.number {
            try checkLeaving(account, room)
        } else {
            let needed = room.role(account) == .member ? Role.moderator : .owner
            try check(
                room.role(actor.number), atLeast: needed, "remove a \(text(room.role(account) ?? .member))")
        }
        let content = ChatContentWriter("remove").adding("name", accounts.lowercaseName(account))
        return roomDraft(room, actor, content)
    }
}

extension ChatState {
    typealias AccountActor = (number: Int, author: Author, expectations: [Draft.Expectation])

    /// A room of which `account` may know.
    private func room(_ channel: Channel, for account: Int) throws(ChatRefusal) -> Room {
        guard !channel.isReserved, let room = rooms[channel.bytes],
            !room.isPrivate || room.role(account) != nil
        else { throw .noSuchChannel }
        return room
    }

    private func staff(
        _ actor: ChatActor, _ channel: Channel, atLeast needed: Role, _ action: String
    ) throws(ChatRefusal) -> (AccountActor, Room) {
        let actor = try knownAccount(actor)
        let room = try room(channel, for: actor.number)
        guard !room.isDirect else { throw .forbidden("a direct conversation stays as it is") }
        try check(room.role(actor.number), atLeast: needed, action)
        return (actor, room)
    }

    private func check(_ role: Role?, atLeast needed: Role, _ action: String) throws(ChatRefusal) {
        guard let role, role >= needed else {
            throw .forbidden("it takes \(needed == .owner ? "an owner" : "a moderator") to \(action)")
        }
    }

    private func member(_ name: [UInt8], of room: Room) throws(ChatRefusal) -> Int {
        guard let account = accounts.number(of: name), room.role(account) != nil else {
            throw .noSuchMember(name)
        }
        return account
    }

    private func checkLeaving(_ account: Int, _ room: Room) throws(ChatRefusal) {
        guard room.role(account) == .owner, !isAlone(account, in: room), !hasOtherOwner(room, than: account)
        else { return }
        throw .conflict("the room's last owner names another one before leaving")
    }

    private func roleOf(
        _ name: [UInt8], in channel: Channel, askedBy actor: ChatActor
    ) throws(ChatRefusal) -> Role? {
        let room = try room(channel, for: try knownAccount(actor).number)
        return accounts.number(of: name).flatMap { room.role($0) }
    }

    /// The numbers of `names`, each once, without the creator's.
    private func invitedMembers(
        _ names: [[UInt8]], by creator: Int, isPrivate: Bool
    ) throws(ChatRefusal) -> [Int] {
        var invited: [Int] = []
        var seen: Set<Int> = [creator]
        for name in names {
            let account = try livingAccount(name)
            if seen.insert(account).inserted { invited.append(account) }
        }
        guard seen.count <= ChatLimits.membersPerRoomMax else {
            throw .invalid(
                InvalidField(
                    field: "members", trouble: .tooLarge,
                    detail: "a room has at most \(ChatLimits.membersPerRoomMax) members"))
        }
        if isPrivate { for account in seen { try checkRoomCount(of: account) } }
        return invited
    }

    private func checkRoomCount(of account: Int) throws(ChatRefusal) {
        guard rooms.roomCount(of: account) < ChatLimits.roomsPerAccountMax else {
            throw .conflict(
                "\(text(accounts.list[account].name)) is in \(ChatLimits.roomsPerAccountMax) private rooms")
        }
    }

    /// The same, when they keep their rules.
    private func checked(
        _ title: [UInt8]?, _ topic: [UInt8]?
    ) throws(ChatRefusal) -> (title: [UInt8]?, topic: [UInt8]?) {
        try ChatRefusal.checking { () throws(InvalidField) in
            if let title { _ = try ChatText.title(title) }
            if let topic { _ = try ChatText.topic(topic) }
            return (title, topic)
        }
    }

    private func newRoomDraft(
        _ channel: Channel, _ author: Author, _ content: ChatContentWriter,
        _ expectations: [Draft.Expectation]
    ) -> Draft {
        let key = ChatVocabulary.roomKey(channel.bytes)
        return Draft(
            channel: channel, key: key, author: author, body: content.body(.room),
            expectations: expectations + [Draft.Expectation(key: key, offset: strayOffset(key))])
    }

    private func roomDraft(
        _ room: Room, _ actor: AccountActor, _ content: ChatContentWriter, relyingOn accounts: [Int] = []
    ) -> Draft {
        let others = accounts.filter { $0 != actor.number }.map { expectation(of: $0) }
        return Draft(
            channel: Channel(trusted: room.channel), key: ChatVocabulary.roomKey(room.channel),
            author: actor.author, body: content.body(.room),
            expectations: actor.expectations + others + [expectation(of: room)])
    }

    private func text(_ name: [UInt8]) -> String { String(decoding: name, as: UTF8.self) }
    private func text(_ role: Role) -> String { text(role.name) }
}
