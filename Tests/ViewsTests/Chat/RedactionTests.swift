import LogLine
import Testing

@testable import Views

/// A log of which messages are erased, and what a state that reads it anew makes of them.
@Suite("Redaction")
struct RedactionTests {
    private let log = ChatLog()
    private var state: ChatState { log.state }

    /// Redacts the whole log; returns the decision and the lines (without newlines).
    private func redact(_ offset: Offset) throws -> (Redaction, [[UInt8]]) {
        var redaction = Redaction(of: offset)
        let lines = try log.lines.map { line in
            try line.dropLast().withUnsafeBytes { bytes in
                let scan = try Line.scan(bytes)
                return try redaction.take(bytes, scan).map { Array($0.dropLast()) } ?? Array(bytes)
            }
        }
        return (redaction, lines)
    }

    /// A state that is given these lines.
    private func fold(_ lines: [[UInt8]]) throws -> ChatState {
        let state = ChatState(hash: ChannelHash(seed: (5, 6)))
        for line in lines { try line.withUnsafeBytes { state.apply($0, try Line.scan($0)) } }
        return state
    }

    private func shown(_ offset: Offset, _ lines: [[UInt8]], _ state: ChatState) -> String {
        let out = ByteBuffer()
        lines[Int(offset.value) - 1].withUnsafeBytes { state.amendments.append($0, to: out) }
        return out.text
    }

    private func holds(_ text: String, _ lines: [[UInt8]]) -> Bool {
        lines.contains { String(decoding: $0, as: UTF8.self).contains(text) }
    }

    @Test("A message and its edits lose their texts, and nothing else does")
    func message() throws {
        try log.register("alice", "bob")
        let tea = try log.channel("tea")
        let message = try log.post("secret 1", by: "alice", in: tea)
        let other = try log.post("kept", by: "alice", in: tea, replyTo: message)
        let edit = try log.append(
            state.edit(log.target(message), text: bytes("secret 2"), by: log.actor("alice")))
        try log.append(state.edit(log.target(other), text: bytes("kept too"), by: log.actor("alice")))
        let odd = try log.write("edit", #"{"message_text":"secret 3","offset":3,"x":[1]}"#, in: "tea")
        let named = try log.write(
            "edit", #"{"message_text":"secret 4"}"#, key: "message:\(message)", in: "tea")
        let (redaction, lines) = try redact(message)
        #expect(redaction.finding == .message && redaction.erased == [message, edit, odd, named])
        #expect(!holds("secret", lines) && holds("kept\"", lines) && holds("kept too", lines))
        #expect(holds(#""data":{"offset":3,"x":[1]},"redacted""#, lines))
        let again = try fold(lines)
        #expect(
            shown(message, lines, again)
                == #"{"offset":3,"time":"2026-11-20T06:31:00.003Z","channel":"tea","author":"alice","#
                + #""redacted":true,"replies":1}"#)
        #expect(again.amendments.firstAmended(from: message, before: message.next) == message)
        #expect(shown(other, lines, again).contains(#""message_text":"kept too""#))
    }

    @Test("An erased message is as if deleted: it takes no edit, reaction or reply, and is not unread")
    func asDeleted() throws {
        try log.register("alice", "bob")
        let tea = try log.channel("tea")
        let message = try log.post("secret @bob", by: "alice", in: tea)
        try log.append(
            state.reaction(log.target(message), emoji: bytes("👍"), isOn: true, by: log.actor("bob")))
        try log.append(state.deletion(log.target(message), by: log.actor("alice")))
        let second = try log.post("hello @bob", by: "alice", in: tea)
        let (_, lines) = try redact(message)
        let again = try fold(lines)
        let target = try log.target(message)
        let alice = log.actor("alice")
        #expect(refusal { try again.edit(target, text: bytes("x"), by: alice) } == .deleted(message))
        #expect(refusal { try again.deletion(target, by: alice) } == .deleted(message))
        #expect(
            refusal { try again.reaction(target, emoji: bytes("🎉"), isOn: true, by: alice) }
                == .deleted(message))
        let reply = Draft(channel: tea, body: .text(bytes("re")), replyTo: message)
        #expect(refusal { try again.post(reply, by: alice, answering: target) } == .deleted(message))
        #expect(again.mentions(of: bytes("bob"), in: bytes("tea")) == [second])
        #expect(shown(message, lines, again).contains(#""redacted":true"#))
        #expect(!shown(message, lines, again).contains("👍"))
        #expect(again.amendments.deletedCount(in: bytes("tea"), after: .zero) == 1)
    }

    @Test("An edit by itself loses its text; the message says what it said before, and the key has moved")
    func edit() throws {
        try log.register("alice")
        let message = try log.post("first", by: "alice", in: try log.channel("tea"))
        let edit = try log.append(
            state.edit(log.target(message), text: bytes("secret"), by: log.actor("alice")))
        let (redaction, lines) = try redact(edit)
        #expect(redaction.finding == .edit && redaction.erased == [edit])
        let again = try fold(lines)
        #expect(shown(message, lines, again).contains(#""message_text":"first""#))
        #expect(again.amendments[message]?.lastOffset == edit && again.skippedLines == 0)
    }

    @Test("Redacting again finds nothing to erase, and what a crash left undone")
    func again() throws {
        try log.register("alice")
        let message = try log.post("secret", by: "alice", in: try log.channel("tea"))
        let edit = try log.append(
            state.edit(log.target(message), text: bytes("secret"), by: log.actor("alice")))
        let (_, lines) = try redact(message)
        var second = Redaction(of: message)
        for line in lines {
            let left = try line.withUnsafeBytes { try second.take($0, try Line.scan($0)) }
            #expect(left == nil)
        }
        #expect(second.finding == .message && second.erased.isEmpty)
        var rest = Redaction(of: message)
        var half = lines
        half[Int(edit.value) - 1] = log.lines[Int(edit.value) - 1].dropLast()
        for line in half { try line.withUnsafeBytes { _ = try rest.take($0, try Line.scan($0)) } }
        #expect(rest.erased == [edit])
    }

    @Test("Other kinds are named and stay, and so does an edit that says nothing")
    func unsuitable() throws {
        try log.register("alice")
        try log.write("edit", "[]", in: "tea")
        try log.write("edit", #"{"offset":1}"#, in: "tea")
        for (offset, kind) in [(1, "account"), (2, "edit"), (3, "edit")] {
            let (redaction, lines) = try redact(Offset(UInt64(offset)))
            #expect(redaction.finding == .unsuitable(kind: kind) && redaction.erased.isEmpty)
            #expect(lines == log.lines.map { Array($0.dropLast()) })
        }
        #expect(try redact(Offset(9)).0.finding == .missing)
    }

    @Test("What was erased cannot be found, and a pod without it in memory is told the same")
    func search() throws {
        try log.register("alice")
        let message = try log.post("secret", by: "alice", in: try log.channel("tea"))
        try log.append(state.edit(log.target(message), text: bytes("secret"), by: log.actor("alice")))
        let second = try log.post("deleted", by: "alice", in: try log.channel("tea"))
        try log.append(state.deletion(log.target(second), by: log.actor("alice")))
        let (_, once) = try redact(message)
        var redaction = Redaction(of: second)
        var fold = TextFold()
        var changes: [TextChange] = []
        for line in once {
            try line.withUnsafeBytes { bytes in
                let left =
                    try redaction.take(bytes, try Line.scan(bytes)).map { Array($0.dropLast()) } ?? line
                left.withUnsafeBytes { bytes in fold.take(bytes, into: &changes) { _ in nil } }
            }
        }
        #expect(changes.isEmpty)
    }
}
