import LogLine
import Testing

@testable import Views

@Suite("Rooms")
struct RoomTests {
    private let log = ChatLog()
    private var state: ChatState { log.state }

    private func names(_ channel: Channel) throws -> [String] {
        state.members(of: try #require(state.rooms[channel.bytes])).map {
            String(decoding: $0.account.name + bytes(":") + $0.role.name, as: UTF8.self)
        }
    }

    @Test("A private room is open to its members and not there for anybody else")
    func privateRoom() throws {
        try log.register("alice", "bob", "carol")
        let room = try log.makeRoom("@room-1", by: "alice", with: "bob", "alice")
        #expect(try names(room) == ["alice:owner", "bob:member"])
        #expect(state.mayRead(bytes("Bob"), room) && state.mayRead(bytes("alice"), room))
        #expect(!state.mayRead(bytes("carol"), room) && !state.mayRead(nil, room))
        #expect(refusal { try log.post("x", by: "carol", in: room) } == .noSuchChannel)
        #expect(refusal { try log.post("x", by: nil, in: room) } == .noSuchChannel)
        #expect(refusal { try state.reading(log.actor("carol"), room) } == .noSuchChannel)
        try state.reading(log.actor("bob"), room)
        try log.post("hello", by: "bob", in: room)
        #expect(state.privateRooms(of: bytes("bob")).map(\.channel) == [room.bytes])
    }

    @Test("The lines of a room are the documented ones")
    func golden() throws {
        try log.register("alice", "bob")
        let room = try log.makeRoom("@room-1", by: "alice", with: "bob")
        try log.append(state.removal(by: log.actor("alice"), room, name: bytes("BOB")))
        let lines = log.lines.suffix(2).map { String(decoding: $0, as: UTF8.self) }
        let head = #""channel":"@room-1","kind":"room","key":"room:@room-1","author":"alice","data":"#
        #expect(lines[0].contains(head + #"{"op":"create","title":"Room","members":["bob"]},"crc""#))
        #expect(lines[1].contains(head + #"{"op":"remove","name":"bob"},"crc""#))
    }

    @Test("Nobody posts after they were removed: the log refuses what was decided before")
    func removedWhilePosting() throws {
        try log.register("alice", "bob")
        let room = try log.makeRoom("@room-1", by: "alice", with: "bob")
        let draft = Draft(channel: room, body: .text(bytes("late")))
        let late = try state.post(draft, by: log.actor("bob"))
        let removal = try log.append(state.removal(by: log.actor("alice"), room, name: bytes("bob")))
        let expected = Draft.Expectation(key: ChatVocabulary.roomKey(room.bytes), offset: removal)
        #expect(log.admit(late) == .refused(.expectationsUnmet([expected])))
        #expect(refusal { try state.post(draft, by: log.actor("bob")) } == .noSuchChannel)
        #expect(!state.mayRead(bytes("bob"), room))
    }

    @Test("A public channel gets a title and an owner as long as nobody wrote there")
    func publicRoom() throws {
        try log.register("alice", "bob")
        let tea = try log.channel("tea")
        let claim = { (hasMessages: Bool) in
            try state.roomCreation(
                by: log.actor("alice"), channel: tea, title: bytes("Tea"), topic: bytes("Leaves"),
                hasMessages: hasMessages)
        }
        #expect(refusal { try claim(true) } == .taken("the channel has messages already"))
        try log.append(claim(false))
        #expect(refusal { try claim(false) } == .taken("the channel is a room already"))
        let room = try #require(state.rooms[tea.bytes])
        #expect(room.title == bytes("Tea") && room.topic == bytes("Leaves") && !room.isPrivate)
        #expect(state.mayRead(nil, tea) && state.privateRooms(of: bytes("alice")).isEmpty)
        try log.post("anybody may write", by: nil, in: tea)
        let refused = refusal { try state.roomUpdate(by: log.actor("bob"), tea, title: bytes("x")) }
        #expect(refused == .forbidden("it takes a moderator to change a room's title or topic"))
    }

    @Test("Each role may do what it may, and nothing else")
    func roles() throws {
        try log.register("owner", "moderator", "member", "other", "new")
        let room = try log.makeRoom("@room-1", by: "owner", with: "moderator", "member", "other")
        try log.append(
            state.roleChange(by: log.actor("owner"), room, name: bytes("moderator"), role: .moderator))
        let actions: [(String, Role, (ChatActor) throws -> Draft?)] = [
            ("title", .moderator, { try state.roomUpdate(by: $0, room, title: bytes("t")) }),
            ("topic", .moderator, { try state.roomUpdate(by: $0, room, topic: bytes("t")) }),
            ("invite", .moderator, { try state.invitation(by: $0, room, name: bytes("new")) }),
            (
                "invite moderator", .owner,
                { try state.invitation(by: $0, room, name: bytes("new"), role: .moderator) }
            ),
            ("remove", .moderator, { try state.removal(by: $0, room, name: bytes("other")) }),
            ("remove moderator", .owner, { try state.removal(by: $0, room, name: bytes("moderator")) }),
            ("role", .owner, { try state.roleChange(by: $0, room, name: bytes("other"), role: .owner) }),
        ]
        for (name, needed, decide) in actions {
            for (actor, role) in [("member", Role.member), ("moderator", .moderator), ("owner", .owner)] {
                let isSelf = name == "remove moderator" && actor == "moderator"
                let refused = refusal { try decide(log.actor(actor)) }
                #expect((refused == nil) == (role >= needed || isSelf), "\(actor): \(name)")
            }
        }
    }

    @Test("The last owner stays one and does not leave before naming another")
    func lastOwner() throws {
        try log.register("alice", "bob")
        let room = try log.makeRoom("@room-1", by: "alice", with: "bob")
        let alice = { log.actor("alice") }
        let leave = { try state.removal(by: alice(), room, name: bytes("alice")) }
        let stepDown = { try state.roleChange(by: alice(), room, name: bytes("alice"), role: .member) }
        #expect(refusal(leave) == .conflict("the room's last owner names another one before leaving"))
        #expect(refusal(stepDown) == .conflict("the room's last owner names another one first"))
        try log.append(state.membership(by: alice(), room, name: bytes("bob"), role: .owner))
        try log.append(leave())
        #expect(try names(room) == ["bob:owner"])
        try log.append(state.removal(by: log.actor("bob"), room, name: bytes("bob")))
        #expect(try names(room) == [])
    }

    @Test("When the last owner's account is deleted, the longest member of the highest role owns the room")
    func heir() throws {
        try log.register("alice", "bob", "carol", "dave")
        let room = try log.makeRoom("@room-1", by: "alice", with: "bob")
        for (name, role) in [("carol", Role.moderator), ("dave", .moderator)] {
            try log.append(state.membership(by: log.actor("alice"), room, name: bytes(name), role: role))
        }
        try log.append(state.accountDeletion(of: log.actor("alice")))
        #expect(try names(room) == ["alice:owner", "carol:owner", "dave:moderator", "bob:member"])
        for name in ["carol", "dave"] { try log.append(state.accountDeletion(of: log.actor(name))) }
        #expect(try names(room).contains("bob:owner"))
        try log.append(state.removal(by: log.actor("bob"), room, name: bytes("bob")))
        #expect(try !names(room).contains("bob:owner"))
    }

    @Test("Of two owners who leave at once, one stays")
    func ownersLeaving() throws {
        try log.register("alice", "bob", "carol")
        let room = try log.makeRoom("@room-1", by: "alice", with: "bob", "carol")
        try log.append(state.membership(by: log.actor("alice"), room, name: bytes("bob"), role: .owner))
        let drafts = try ["alice", "bob"].map { try state.removal(by: log.actor($0), room, name: bytes($0)) }
        try log.append(drafts[0])
        guard case .refused = log.admit(drafts[1]) else {
            Issue.record("both left")
            return
        }
    }

    @Test("Inviting a member again is nothing; somebody deleted or unknown is nobody")
    func membership() throws {
        try log.register("alice", "bob", "gone")
        try log.append(state.accountDeletion(of: log.actor("gone")))
        let room = try log.makeRoom("@room-1", by: "alice")
        let invite = { (name: String) in
            try state.membership(by: log.actor("alice"), room, name: bytes(name), role: .member)
        }
        try log.append(invite("Bob"))
        #expect(try invite("bob") == nil)
        #expect(refusal { try invite("gone") } == .noSuchAccount(bytes("gone")))
        #expect(refusal { try invite("nobody") } == .noSuchAccount(bytes("nobody")))
        #expect(
            refusal { try state.removal(by: log.actor("alice"), room, name: bytes("nobody")) }
                == .noSuchMember(bytes("nobody")))
        #expect(refusal { try state.roomUpdate(by: log.actor("gone"), room) } == .signedOut)
        #expect(refusal { try state.roomUpdate(by: .open(nil), room) } != nil)
    }

    @Test("An invitation relies on the invited account, too")
    func invitedMeanwhileDeleted() throws {
        try log.register("alice", "bob")
        let room = try log.makeRoom("@room-1", by: "alice")
        let invitation = try state.invitation(by: log.actor("alice"), room, name: bytes("bob"))
        try log.append(state.accountDeletion(of: log.actor("bob")))
        guard case .refused = log.admit(invitation) else {
            Issue.record("a deleted account was invited")
            return
        }
    }

    @Test("A direct conversation has two members for ever, whoever opens it")
    func direct() throws {
        try log.register("Alice", "bob", "carol")
        let channel = try log.channel("@0123456789abcdef0123456789abcdef")
        let open = { (one: String, other: String) in
            try state.directConversation(by: log.actor(one), with: bytes(other), channel: channel)
        }
        #expect(refusal { try open("bob", "BOB") } == .conflict("a conversation takes somebody else"))
        #expect(refusal { try open("bob", "nobody") } == .noSuchAccount(bytes("nobody")))
        try log.append(open("bob", "Alice"))
        #expect(try open("alice", "bob") == nil)
        #expect(try names(channel) == ["Alice:member", "bob:member"])
        #expect(refusal { try open("carol", "bob") } == .taken("the channel is a room already"))
        let alice = log.actor("alice")
        #expect(refusal { try state.invitation(by: alice, channel, name: bytes("carol")) } != nil)
        #expect(refusal { try state.removal(by: alice, channel, name: bytes("alice")) } != nil)
        #expect(refusal { try state.roomUpdate(by: alice, channel, title: bytes("x")) } != nil)
        try log.post("psst", by: "alice", in: channel)
        #expect(refusal { try log.post("psst", by: "carol", in: channel) } == .noSuchChannel)
    }

    @Test("The names of a conversation's two have one channel, whatever their order and case")
    func directInput() {
        let input = DirectChannel.input(bytes("Bob"), bytes("alice"))
        let expected = bytes("\u{5}alice\u{3}bob")
        let turned = DirectChannel.input(bytes("ALICE"), bytes("bob"))
        #expect(input == expected)
        #expect(turned == expected)
    }

    @Test("Titles, topics and members keep their bounds")
    func bounds() throws {
        try log.register("alice")
        let make = { (title: String, topic: String?) in
            try state.roomCreation(
                by: log.actor("alice"), channel: log.channel("@r"), title: bytes(title),
                topic: topic.map(bytes))
        }
        for (title, topic) in [
            ("", nil), (String(repeating: "x", count: 129), nil), ("a\nb", nil), ("a\u{85}", nil),
            ("t", String(repeating: "x", count: 513)), ("t", "\u{0}"),
        ] as [(String, String?)] {
            guard case .invalid = refusal({ try make(title, topic) }) else {
                Issue.record("accepted \(title)")
                continue
            }
        }
        #expect(try make(String(repeating: "é", count: 64), "").channel == log.channel("@r"))
        #expect(
            refusal {
                try state.roomCreation(by: log.actor("alice"), channel: log.channel("$x"), title: bytes("t"))
            } == .noSuchChannel)
        for number in 0..<ChatLimits.membersPerRoomMax { try log.register("m\(number)") }
        let all = (0..<ChatLimits.membersPerRoomMax).map { bytes("m\($0)") }
        let full = { (members: [[UInt8]]) in
            try state.roomCreation(
                by: log.actor("alice"), channel: log.channel("@full"), title: bytes("t"), members: members)
        }
        guard case .invalid = refusal({ try full(all) }) else {
            Issue.record("too many members")
            return
        }
        try log.append(full(all.dropLast()))
        guard
            case .conflict = refusal({
                try state.invitation(by: log.actor("alice"), log.channel("@full"), name: all[999])
            })
        else {
            Issue.record("too many members")
            return
        }
    }

    @Test("An account is in a bounded number of private rooms")
    func roomsPerAccount() throws {
        try log.register("alice", "bob")
        for number in 0..<ChatLimits.roomsPerAccountMax { try log.makeRoom("@r\(number)", by: "alice") }
        guard case .conflict = refusal({ try log.makeRoom("@more", by: "alice") }) else {
            Issue.record("one more was made")
            return
        }
        let room = try log.makeRoom("@b", by: "bob")
        guard
            case .conflict = refusal({
                try state.invitation(by: log.actor("bob"), room, name: bytes("alice"))
            })
        else {
            Issue.record("one more was joined")
            return
        }
        try log.append(state.removal(by: log.actor("alice"), log.channel("@r7"), name: bytes("alice")))
        try log.append(state.invitation(by: log.actor("bob"), room, name: bytes("alice")))
    }

    @Test(
        "A line that is no room's is counted and changes nothing but the key's last offset",
        arguments: [
            #"{"op":"create","title":"again"}"#, #"{"op":"set","title":""}"#, #"{"op":"add","name":"bob"}"#,
            #"{"op":"add","name":"nobody","role":"member"}"#, #"{"op":"add","name":"bob","role":"king"}"#,
            #"{"op":"remove","name":"bob"}"#, #"{"op":"remove"}"#,
            #"{"op":"role","name":"bob","role":"owner"}"#,
            #"{"op":"fly","name":"alice","role":"owner"}"#, #"{"name":"bob"}"#, "7",
            #"{"op":"direct","members":["alice","bob"]}"#,
        ])
    func malformed(json: String) throws {
        try log.register("alice", "bob")
        let room = try log.makeRoom("@room-1", by: "alice")
        let before = try names(room)
        let last = try log.write("room", json, key: "room:@room-1", author: "alice", in: "@room-1")
        #expect(state.skippedLines == 1)
        #expect(try names(room) == before)
        #expect(state.rooms[room.bytes]?.lastOffset == last)
        #expect(state.rooms[room.bytes]?.title == bytes("Room"))
    }

    @Test("A room is made by an account, under its channel's key, and a direct one is private and of two")
    func malformedCreation() throws {
        try log.register("alice", "bob")
        try log.write("room", #"{"op":"create","title":"t"}"#, key: "room:@a", author: "nobody", in: "@a")
        try log.write("room", #"{"op":"create","title":"t"}"#, key: "room:@b", author: "alice", in: "@a")
        try log.write("room", #"{"op":"create"}"#, key: "room:@a", author: "alice", in: "@a")
        try log.write(
            "room", #"{"op":"direct","members":["alice"]}"#, key: "room:@a", author: "alice", in: "@a")
        try log.write(
            "room", #"{"op":"direct","members":["alice","bob"]}"#, key: "room:a", author: "alice", in: "a")
        try log.write("room", #"{"op":"create","title":"t"}"#, author: "alice", in: "@a")
        #expect(state.skippedLines == 6 && state.rooms.count == 0)
    }

    @Test("A channel whose name is escaped in its lines is the same room")
    func escapedChannel() throws {
        try log.register("alice", "bob")
        let room = try log.makeRoom(#"@a"b\c"#, by: "alice", with: "bob")
        #expect(state.mayRead(bytes("bob"), room))
        try log.append(state.removal(by: log.actor("bob"), room, name: bytes("bob")))
        #expect(!state.mayRead(bytes("bob"), room))
    }
}
