import LogLine
import Testing

@testable import Views

@Suite("Amendments")
struct AmendmentTests {
    private let log = ChatLog()
    private var state: ChatState { log.state }
    private var amendments: Amendments { log.state.amendments }

    private func rendered(_ offset: Offset) throws -> String {
        let out = ByteBuffer()
        log.withLine(offset) { line, _ in amendments.append(line, to: out) }
        return out.text
    }

    private func react(_ emoji: String, _ offset: Offset, by name: String, isOn: Bool = true) throws -> Draft?
    {
        try state.reaction(log.target(offset), emoji: bytes(emoji), isOn: isOn, by: log.actor(name))
    }

    @Test("A message is shown with its current text, reactions and replies, and without crc")
    func golden() throws {
        try log.register("alice", "bob")
        let tea = try log.channel("tea")
        let message = try log.post("Helo \"all\"", by: "alice", in: tea)
        try log.append(state.edit(log.target(message), text: bytes("Hello\n"), by: log.actor("alice")))
        for (emoji, name) in [("👍", "bob"), ("🎉", "alice"), ("👍", "alice")] {
            try log.append(react(emoji, message, by: name))
        }
        try log.post("Hi!", by: "bob", in: tea, replyTo: message)
        #expect(
            try rendered(message) == """
                {"offset":3,"time":"2026-11-20T06:31:00.003Z","channel":"tea","author":"alice",\
                "message_text":"Hello\\n","edited":"2026-11-20T06:31:00.004Z",\
                "reactions":{"👍":["bob","alice"],"🎉":["alice"]},"replies":1}
                """)
        let lines = log.lines.map { String(decoding: $0, as: UTF8.self) }
        #expect(
            lines[3].contains(
                #""kind":"edit","key":"message:3","author":"alice","#
                    + #""data":{"offset":3,"message_text":"Hello\n"}"#
            ))
        #expect(
            lines[4].contains(
                #""kind":"reaction","author":"bob","data":{"offset":3,"emoji":"👍","on":true}"#))
    }

    @Test("A deleted message has nothing left of what it said, for ever")
    func deleted() throws {
        try log.register("alice", "bob")
        let tea = try log.channel("tea")
        let first = try log.post("first", by: "alice", in: tea)
        let message = try log.post("secret", by: "bob", in: tea, replyTo: first)
        let bob = log.actor("bob")
        let target = try log.target(message)
        try log.append(react("👍", message, by: "alice"))
        try log.append(state.edit(target, text: bytes("secret too"), by: bob))
        try log.append(state.deletion(target, by: bob))
        #expect(
            try rendered(message) == """
                {"offset":4,"time":"2026-11-20T06:31:00.004Z","channel":"tea","author":"bob","reply_to":3,\
                "deleted":true}
                """)
        #expect(refusal { try state.edit(target, text: bytes("x"), by: bob) } == .deleted(message))
        #expect(refusal { try state.deletion(target, by: bob) } == .deleted(message))
        #expect(refusal { try react("👍", message, by: "alice") } == .deleted(message))
        #expect(refusal { try log.post("x", by: "alice", in: tea, replyTo: message) } == .deleted(message))
        try log.write(
            "edit", #"{"offset":4,"message_text":"back"}"#, key: "message:4", author: "bob", in: "tea")
        try log.write("reaction", #"{"offset":4,"emoji":"x","on":true}"#, author: "bob", in: "tea")
        #expect(state.skippedLines == 2)
        #expect(try rendered(message).hasSuffix(#""deleted":true}"#))
    }

    @Test("Of an edit and a deletion that do not know of each other the log takes the first")
    func race() throws {
        try log.register("alice")
        for isEditFirst in [true, false] {
            let message = try log.post("x", by: "alice", in: log.channel("tea"))
            let target = try log.target(message)
            let edit = try state.edit(target, text: bytes("y"), by: log.actor("alice"))
            let deletion = try state.deletion(target, by: log.actor("alice"))
            let first = try log.append(isEditFirst ? edit : deletion)
            let expected = Draft.Expectation(key: ChatVocabulary.messageKey(message), offset: first)
            #expect(log.admit(isEditFirst ? deletion : edit) == .refused(.expectationsUnmet([expected])))
        }
    }

    @Test("Only who wrote a message edits it; moderators and owners of its room delete it, too")
    func rights() throws {
        try log.register("owner", "moderator", "member", "author", "stranger")
        let room = try log.makeRoom("@room-1", by: "owner", with: "moderator", "member", "author")
        try log.append(
            state.roleChange(by: log.actor("owner"), room, name: bytes("moderator"), role: .moderator))
        let target = try log.target(log.post("x", by: "author", in: room))
        for (name, edits, deletes) in [
            ("owner", false, true), ("moderator", false, true), ("member", false, false),
            ("author", true, true),
        ] {
            let actor = log.actor(name)
            #expect(
                (refusal { try state.edit(target, text: bytes("y"), by: actor) } == nil) == edits, "\(name)")
            #expect((refusal { try state.deletion(target, by: actor) } == nil) == deletes, "\(name)")
        }
        let stranger = log.actor("stranger")
        #expect(refusal { try state.edit(target, text: bytes("y"), by: stranger) } == .noSuchChannel)
        #expect(refusal { try state.deletion(target, by: stranger) } == .noSuchChannel)
        #expect(refusal { try react("x", target.offset, by: "stranger") } == .noSuchChannel)
        try log.append(state.removal(by: log.actor("owner"), room, name: bytes("author")))
        #expect(
            refusal { try state.edit(target, text: bytes("y"), by: log.actor("author")) } == .noSuchChannel)
    }

    @Test("What somebody wrote under a free name is not the account's that was registered later")
    func formerName() throws {
        let author = try Author(validating: bytes("bob"))
        let draft = Draft(channel: try log.channel("tea"), body: .text(bytes("x")))
        let message = try log.append(state.post(draft, by: .open(author)))
        let target = try log.target(message)
        let open = try state.edit(target, text: bytes("y"), by: .open(author))
        try log.register("bob")
        guard case .refused = log.admit(open) else {
            Issue.record("an open edit after the registration")
            return
        }
        #expect(
            refusal { try state.edit(target, text: bytes("y"), by: .open(author)) }
                == .nameOfAccount(author.bytes))
        #expect(refusal { try state.edit(target, text: bytes("y"), by: log.actor("bob")) } != nil)
        #expect(refusal { try state.post(draft, by: .open(author)) } == .nameOfAccount(author.bytes))
        #expect(refusal { try state.deletion(target, by: .open(nil)) } != nil)
    }

    @Test("A reaction is there once for each, is taken back, and then the message is as it was")
    func reactions() throws {
        try log.register("alice", "bob")
        let message = try log.post("x", by: "alice", in: log.channel("tea"))
        let plain = try rendered(message)
        try log.append(react("👍", message, by: "bob"))
        #expect(try react("👍", message, by: "bob") == nil)
        #expect(try react("👎", message, by: "bob", isOn: false) == nil)
        #expect(amendments.firstAmended(from: .zero, before: Offset(99)) == message)
        try log.append(react("👍", message, by: "bob", isOn: false))
        #expect(try rendered(message) == plain)
        #expect(amendments.firstAmended(from: .zero, before: Offset(99)) == nil && amendments.count == 0)
        for emoji in ["", "a\nb", String(repeating: "x", count: 33)] {
            guard case .invalid = refusal({ try react(emoji, message, by: "bob") }) else {
                Issue.record("accepted \(emoji)")
                continue
            }
        }
        let anonymous = refusal {
            try state.reaction(log.target(message), emoji: bytes("x"), isOn: true, by: .open(nil))
        }
        guard case .invalid = anonymous else {
            Issue.record("nobody reacted")
            return
        }
    }

    @Test("A message takes a bounded number of reactions, whoever sends more")
    func reactionBounds() throws {
        try log.register("alice")
        let message = try log.post("x", by: "alice", in: log.channel("tea"))
        for number in 0..<ChatLimits.emojiPerMessageMax {
            try log.append(react("e\(number)", message, by: "alice"))
        }
        guard case .conflict = refusal({ try react("more", message, by: "alice") }) else {
            Issue.record("one more")
            return
        }
        let json = { (emoji: String) in #"{"offset":\#(message),"emoji":"\#(emoji)","on":true}"# }
        try log.write("reaction", json("more"), author: "alice", in: "tea")
        #expect(amendments[message]?.reactions.count == ChatLimits.emojiPerMessageMax)
        #expect(state.skippedLines == 1)
        for number in 0..<ChatLimits.reactionsPerMessageMax {
            try log.write("reaction", json("e0"), author: "a\(number)", in: "tea")
        }
        #expect(amendments[message]?.reactionCount == ChatLimits.reactionsPerMessageMax)
        #expect(state.skippedLines == 1 + ChatLimits.emojiPerMessageMax)
        guard
            case .conflict = refusal({
                try state.reaction(
                    log.target(message), emoji: bytes("e1"), isOn: true,
                    by: .open(Author(validating: bytes("new"))))
            })
        else {
            Issue.record("one more")
            return
        }
    }

    @Test("Replies are listed and counted, and answer a message of the same channel")
    func replies() throws {
        try log.register("alice")
        let tea = try log.channel("tea")
        let message = try log.post("x", by: "alice", in: tea)
        let replies = try (1...3).map { try log.post("r\($0)", by: "alice", in: tea, replyTo: message) }
        #expect(amendments.replyCount(message) == 3)
        #expect(amendments.replies(to: message, limit: 2) == Array(replies[..<2]))
        #expect(amendments.replies(to: message, after: replies[0], limit: 9) == Array(replies[1...]))
        let other = try log.channel("other")
        #expect(
            refusal { try log.post("x", by: "alice", in: other, replyTo: message) } == .noSuchMessage(message)
        )
        let draft = Draft(channel: tea, body: .text(bytes("x")), replyTo: Offset(2))
        #expect(
            refusal { try state.post(draft, by: log.actor("alice"), answering: nil) }
                == .noSuchMessage(Offset(2)))
        try log.append(Draft(channel: tea, body: .text(bytes("to the future")), replyTo: Offset(99)))
        #expect(amendments.replyCount(Offset(99)) == 0 && state.skippedLines == 1)
    }

    @Test(
        "A line that amends nothing is counted and changes nothing",
        arguments: [
            ("edit", #"{"offset":2}"#, "message:2"), ("edit", #"{"message_text":"y"}"#, "message:2"),
            ("edit", #"{"offset":2,"message_text":"y"}"#, "message:1"),
            ("edit", #"{"offset":2,"message_text":""}"#, "message:2"),
            ("edit", #"{"offset":2,"message_text":7}"#, "message:2"),
            ("edit", #"{"offset":9,"message_text":"y"}"#, "message:9"),
            ("edit", #"{"offset":0,"message_text":"y"}"#, "message:0"), ("edit", "null", "message:2"),
            ("delete", "{}", "message:2"), ("delete", #"{"offset":2}"#, "note:2"),
            ("reaction", #"{"offset":2,"emoji":"x"}"#, "k"), ("reaction", #"{"offset":2,"on":true}"#, "k"),
            ("reaction", #"{"offset":2,"emoji":"","on":true}"#, "k"),
            ("reaction", #"{"offset":7,"emoji":"x","on":true}"#, "k"),
        ])
    func malformed(kind: String, json: String, key: String) throws {
        try log.register("alice")
        let message = try log.post("x", by: "alice", in: log.channel("tea"))
        let plain = try rendered(message)
        let last = try log.write(kind, json, key: key, author: "alice", in: "tea")
        #expect(state.skippedLines == 1 && amendments.count == 0)
        #expect(try rendered(message) == plain)
        let draft = try state.edit(log.target(message), text: bytes("y"), by: log.actor("alice"))
        #expect(draft.expectations.last?.offset == (key == "message:2" ? last : .zero))
    }

    @Test("The log alone comes to the same amendments as a pod")
    func alone() throws {
        try log.register("alice", "bob")
        let tea = try log.channel("tea")
        let message = try log.post("x", by: "alice", in: tea)
        try log.append(state.edit(log.target(message), text: bytes("y"), by: log.actor("alice")))
        try log.append(react("👍", message, by: "bob"))
        try log.append(
            state.deletion(
                log.target(log.post("z", by: "bob", in: tea, replyTo: message)), by: log.actor("bob")))
        let alone = Amendments()
        for offset in 1...log.head.value { log.withLine(Offset(offset)) { alone.apply($0, $1) } }
        for offset in 1...log.head.value {
            let outs = [amendments, alone].map { amendments in
                let out = ByteBuffer()
                log.withLine(Offset(offset)) { line, _ in amendments.append(line, to: out) }
                return out.text
            }
            #expect(outs[0] == outs[1])
            #expect(alone[Offset(offset)] == amendments[Offset(offset)])
        }
        #expect(alone.count == amendments.count && alone.skippedLines == 0)
    }

    @Test("Fields that this version does not know stay in a message that was edited, not in a deleted one")
    func unknownFields() throws {
        let head = #"{"offset":1,"time":"2026-11-20T06:31:00.123Z","channel":"c""#
        let content =
            head + #","x":"text","key":"k","author":"a","id":"i","message_text":"t","y":{"z":1}"#
        let crc = bytes(content).withUnsafeBytes { CRC32C.checksum($0) }
        let digits = String(crc, radix: 16)
        let line = content + ",\"crc\":\"" + String(repeating: "0", count: 8 - digits.count) + digits + "\"}"
        let maker = ChatLog()
        try maker.post("t", by: nil, in: maker.channel("c"))
        try maker.write("edit", #"{"offset":1,"message_text":"new"}"#, key: "message:1", in: "c")
        let shown = { () -> String in
            let out = ByteBuffer()
            bytes(line).withUnsafeBytes { maker.state.amendments.append($0, to: out) }
            return out.text
        }
        #expect(
            shown()
                == head + #","x":"text","key":"k","author":"a","#
                + #""id":"i","message_text":"new","y":{"z":1},"edited":"2026-11-20T06:31:00.002Z"}"#)
        try maker.write("delete", #"{"offset":1}"#, key: "message:1", in: "c")
        #expect(
            shown()
                == head + #","key":"k","author":"a","id":"i","#
                + #""deleted":true}"#)
    }
}

@Suite("The set of amended offsets")
struct AmendedSetTests {
    @Test("finds the first one of any range", arguments: UInt64(1)...10)
    func model(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var set = AmendedSet()
        var model: Set<UInt64> = []
        let bound = [100, 5_000, 50_000][random.below(3)]
        for _ in 0..<3_000 {
            let offset = UInt64(random.below(bound))
            switch random.below(4) {
            case 0:
                set.insert(Offset(offset))
                model.insert(offset)
            case 1:
                set.remove(Offset(offset))
                model.remove(offset)
            default:
                let end = offset + UInt64(random.below(bound))
                let expected = model.filter { $0 >= offset && $0 < end }.min()
                #expect(
                    set.first(from: Offset(offset), before: Offset(end))?.value == expected, "seed \(seed)")
            }
        }
        #expect(set.count == model.count)
    }
}

@Suite("Pages of amended messages")
struct AmendedPageTests {
    @Test(
        "Untouched lines are copies, others are as they are now, however slices and runs are cut",
        arguments: UInt64(1)...20)
    func page(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let log = ChatLog()
        let count = 1 + random.below(60)
        for number in 0..<count { try log.post("text \(number)", by: nil, in: log.channel("c")) }
        for _ in 0..<random.below(4) {
            let target = 1 + random.below(count)
            try log.write(
                "edit", #"{"offset":\#(target),"message_text":"new"}"#, key: "message:\(target)", in: "c")
        }
        let (runs, slices, expected) = cut(log, count, &random)
        for format in [MessagePage.Format.jsonArray, .ndjson] {
            let out = ByteBuffer()
            var page = MessagePage(format)
            page.append(slices, of: runs, amendedBy: log.state.amendments, to: out)
            page.finish(to: out)
            let text =
                switch format {
                case .ndjson: expected.map { $0 + "\n" }.joined()
                case .jsonArray: "[" + expected.joined(separator: ",\n") + "]"
                }
            #expect(out.text == text, "seed \(seed)")
        }
    }

    /// Runs with gaps between them, slices that end anywhere between lines, and what is to be seen.
    private func cut(
        _ log: ChatLog, _ count: Int, _ random: inout SplitMix64
    ) -> (runs: [LineRun], slices: [ByteSlice], shown: [String]) {
        var (runs, slices, shown): ([LineRun], [ByteSlice], [String]) = ([], [], [])
        var at = random.below(count)
        repeat {
            let end = min(count, at + 1 + random.below(20))
            let lines = log.lines[at..<end]
            let bytes = lines.reduce(0) { $0 + $1.count }
            runs.append(LineRun(first: Offset(UInt64(at + 1)), count: end - at, positions: 0..<UInt64(bytes)))
            var piece: [UInt8] = []
            for line in lines {
                piece += line
                if random.oneIn(4) {
                    slices.append(ByteSlice(piece))
                    piece = []
                }
            }
            slices.append(ByteSlice(piece))
            for offset in at + 1...end {
                let out = ByteBuffer()
                log.withLine(Offset(UInt64(offset))) { line, _ in log.state.amendments.append(line, to: out) }
                shown.append(out.text)
            }
            at = end + 1 + random.below(5)
        } while at < count
        return (runs, slices, shown)
    }
}
