import LogLine
import Testing

@testable import Views

@Suite("Read marks")
struct ReadMarkTests {
    private let log = ChatLog()
    private var state: ChatState { log.state }

    /// Of all lines so far.
    private func index() -> LogIndex {
        let index = LogIndex(hash: ChannelHash(seed: (5, 6)))
        for number in log.lines.indices {
            log.withLine(Offset(UInt64(number + 1))) { line, scan in
                let channel = UnsafeRawBufferPointer(rebasing: line[scan.channel])
                index.append(
                    bytes: line.count + 1, crc: scan.crc, channel: channel, isMessage: scan.isMessage)
            }
        }
        return index
    }

    private func unread(_ name: String, _ channel: Channel) -> Int {
        state.unread(of: bytes(name), in: channel.bytes, index())
    }

    @Test(
        "What came since somebody registered, joined or read is unread, but for deleted and own messages"
    )
    func unread() throws {
        try log.register("alice")
        let tea = try log.channel("tea")
        try log.post("before bob", by: "alice", in: tea)
        try log.register("bob")
        #expect(unread("bob", tea) == 0)
        let messages = try (1...4).map { try log.post("\($0)", by: "alice", in: tea) }
        #expect(unread("bob", tea) == 4 && unread("alice", tea) == 0 && unread("nobody", tea) == 0)
        try log.append(state.deletion(log.target(messages[2]), by: log.actor("alice")))
        #expect(unread("bob", tea) == 3)
        try log.append(state.readMark(tea, messages[0], by: log.actor("bob")))
        #expect(unread("bob", tea) == 2)
        try log.post("mine", by: "Bob", in: tea)
        #expect(unread("bob", tea) == 0 && unread("alice", tea) == 1)
        let room = try log.makeRoom("@r", by: "alice")
        try log.post("before bob", by: "alice", in: room)
        try log.append(state.invitation(by: log.actor("alice"), room, name: bytes("bob")))
        try log.post("for bob", by: "alice", in: room)
        #expect(unread("bob", room) == 1)
    }

    @Test("A mark is the documented line, and never goes back")
    func marks() throws {
        try log.register("alice")
        let tea = try log.channel("tea")
        let messages = try (1...3).map { try log.post("\($0)", by: nil, in: tea) }
        let alice = log.actor("alice")
        try log.append(state.readMark(tea, messages[1], by: alice))
        let line = String(decoding: log.lines[4], as: UTF8.self)
        #expect(
            line.contains(
                #""channel":"$reads","kind":"read","author":"alice","data":{"channel":"tea","offset":3}"#))
        #expect(try state.readMark(tea, messages[0], by: alice) == nil)
        try log.write("read", #"{"channel":"tea","offset":2}"#, author: "alice", in: "$reads")
        #expect(state.readMark(of: bytes("alice"), in: tea.bytes) == messages[1])
        #expect(refusal { try state.readMark(tea, Offset(99), by: alice) } == .behind(Offset(99)))
        #expect(refusal { try state.readMark(log.channel("@x"), messages[0], by: alice) } == .noSuchChannel)
        #expect(refusal { try state.readMark(tea, messages[0], by: .open(nil)) } != nil)
        #expect(state.skippedLines == 0)
    }

    @Test(
        "A line that is no mark is counted and changes nothing",
        arguments: [
            (#"{"channel":"tea","offset":9}"#, "alice", "$reads"), (#"{"channel":"tea"}"#, "alice", "$reads"),
            (#"{"offset":2}"#, "alice", "$reads"), (#"{"channel":"tea","offset":2}"#, "alice", "reads"),
            (#"{"channel":"tea","offset":2}"#, "nobody", "$reads"),
            (#"{"channel":"a/b","offset":2}"#, "alice", "$reads"),
        ])
    func malformed(json: String, author: String, channel: String) throws {
        try log.register("alice")
        try log.post("x", by: nil, in: log.channel("tea"))
        try log.write("read", json, author: author, in: channel)
        #expect(state.skippedLines == 1)
        #expect(state.readMark(of: bytes("alice"), in: bytes("tea")) == .zero)
    }

    @Test("An account has marks in a bounded number of channels")
    func markBound() throws {
        try log.register("alice")
        for number in 0...ChatLimits.marksPerAccountMax {
            try log.write("read", #"{"channel":"c\#(number)","offset":1}"#, author: "alice", in: "$reads")
        }
        #expect(state.skippedLines == 1)
        try log.write("read", #"{"channel":"c0","offset":2}"#, author: "alice", in: "$reads")
        #expect(state.readMark(of: bytes("alice"), in: bytes("c0")) == Offset(2))
    }

    @Test(
        "A mention is a name behind @ where a word begins",
        arguments: [
            ("@bob", true), ("@BOB!", true), ("hi @bob, hello", true), ("(@bob)", true), ("@bob.", true),
            ("@bob...", true), ("\n@bob", true), ("\"@bob\"", true), ("@alice @bob", true), ("é @bob", true),
            ("@bob é", true), ("@bob.smith", false), ("@bobby", false), ("mail@bob", false), ("é@bob", false),
            ("@@bob", false), ("bob", false), ("@", false), ("@ bob", false), ("@-bob", false),
            ("@" + String(repeating: "b", count: 70_000 / 2), false),
        ])
    func mentions(text: String, isOne: Bool) throws {
        try log.register("alice", "bob")
        let tea = try log.channel("tea")
        let message = try log.post(text, by: "alice", in: tea)
        #expect(state.mentions(of: bytes("bob"), in: tea.bytes) == (isOne ? [message] : []))
    }

    @Test("A post is read by who wrote it, also where a key stands before the author")
    func keyedPost() throws {
        try log.register("alice")
        let tea = try log.channel("tea")
        for key in [nil, "note:1"] {
            let offset = try log.append(
                Draft(
                    channel: tea, key: try key.map { try Key(validating: bytes($0)) },
                    author: try Author(validating: bytes("ALICE")), body: .text(bytes("x"))))
            #expect(state.readMark(of: bytes("alice"), in: tea.bytes) == offset)
        }
        for author in [#"ali"ce"#, #"alice\"#] {
            try log.append(
                Draft(channel: tea, author: try Author(validating: bytes(author)), body: .text(bytes("x"))))
        }
        #expect(state.readMark(of: bytes("alice"), in: tea.bytes) == Offset(3))
    }

    @Test("Mentions count until they are read, are for those who may read, and not of oneself")
    func unreadMentions() throws {
        try log.register("alice", "bob", "carol")
        let room = try log.makeRoom("@r", by: "alice", with: "bob")
        let first = try log.post("@bob @bob @carol @alice", by: "alice", in: room)
        let second = try log.post("@bob", by: "alice", in: room)
        let mentions = { (name: String) in state.mentions(of: bytes(name), in: room.bytes) }
        #expect(mentions("bob") == [first, second] && mentions("carol") == [] && mentions("alice") == [])
        try log.append(state.deletion(log.target(second), by: log.actor("alice")))
        #expect(mentions("bob") == [first])
        try log.append(state.readMark(room, first, by: log.actor("bob")))
        #expect(mentions("bob") == [])
    }

    @Test("An edit mentions, too, those who have not read the message, each once")
    func editMentions() throws {
        try log.register("alice", "bob", "carol")
        let room = try log.makeRoom("@r", by: "alice", with: "bob")
        let first = try log.post("hello", by: "alice", in: room)
        let second = try log.post("@bob", by: "alice", in: room)
        let mentions = { (name: String) in state.mentions(of: bytes(name), in: room.bytes) }
        let edit = { (offset: Offset, text: String) in
            _ = try log.append(state.edit(log.target(offset), text: bytes(text), by: log.actor("alice")))
        }
        try edit(first, "hello @bob, @carol and @alice")
        try edit(second, "hello again @bob")
        #expect(mentions("bob") == [first, second] && mentions("carol") == [] && mentions("alice") == [])
        try log.append(state.readMark(room, first, by: log.actor("bob")))
        try edit(first, "@bob has read this")
        #expect(mentions("bob") == [second])
        try log.append(state.deletion(log.target(second), by: log.actor("alice")))
        try log.write(
            "edit", #"{"offset":\#(second),"message_text":"@bob"}"#, key: "message:\(second)", in: "@r")
        #expect(mentions("bob") == [])
    }

    @Test("Somebody who mentions without end makes the oldest forgotten")
    func mentionBound() throws {
        try log.register("bob")
        let tea = try log.channel("tea")
        let offsets = try (0...ChatLimits.mentionsPerChannelMax).map { _ in
            try log.post("@bob", by: nil, in: tea)
        }
        #expect(state.mentions(of: bytes("bob"), in: tea.bytes) == Array(offsets.dropFirst()))
        let everybody = (0..<100).map { "@a\($0)" }.joined(separator: " ")
        for number in 0..<100 { try log.register("a\(number)") }
        try log.post(everybody, by: nil, in: tea)
        let mentioned = (0..<100).filter { !state.mentions(of: bytes("a\($0)"), in: tea.bytes).isEmpty }
        #expect(mentioned.count == ChatLimits.mentionsPerMessageMax)
    }

    @Test("The list of conversations has public channels and one's own rooms, newest first")
    func conversations() throws {
        try log.register("alice", "bob", "carol")
        try log.append(
            state.roomCreation(by: log.actor("alice"), channel: log.channel("tea"), title: bytes("Tea")))
        let room = try log.makeRoom("@r", by: "alice", with: "bob")
        let direct = try log.channel("@d")
        try log.append(state.directConversation(by: log.actor("carol"), with: bytes("bob"), channel: direct))
        try log.post("@bob", by: "carol", in: direct)
        try log.post("x", by: nil, in: log.channel("coffee"))
        try log.post("y", by: "alice", in: room)
        let bob = state.conversations(of: bytes("bob"), index(), limit: 10)
        #expect(bob.map { String(decoding: $0.channel, as: UTF8.self) } == ["@r", "coffee", "@d", "tea"])
        #expect(bob.map(\.form) == [.room, .open, .direct, .open])
        #expect(bob.map { String(decoding: $0.title, as: UTF8.self) } == ["Room", "", "carol", "Tea"])
        #expect(bob.map(\.unread) == [1, 1, 1, 0] && bob.map(\.mentions) == [0, 0, 1, 0])
        #expect(bob.map(\.last) == [Offset(9), Offset(8), Offset(7), nil])
        let nobody = state.conversations(of: nil, index(), limit: 1)
        #expect(nobody.map { String(decoding: $0.channel, as: UTF8.self) } == ["coffee"])
    }
}
