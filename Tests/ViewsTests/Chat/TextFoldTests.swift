import LogLine
import Testing

@testable import Views

@Suite("TextFold")
struct TextFoldTests {
    private let log = ChatLog()
    private var state: ChatState { log.state }

    /// What the whole log changes.
    private func changes(original: Bool = true) -> [TextChange] {
        var fold = TextFold()
        var changes: [TextChange] = []
        for value in 1...log.head.value {
            log.withLine(Offset(value)) { line, _ in
                fold.take(line, into: &changes) { offset in
                    original ? log.withLine(offset) { line, _ in TextFold.text(of: line) } ?? nil : nil
                }
            }
        }
        return changes
    }

    @Test("An edit takes the former text out, a deletion the current one, and nothing comes back")
    func amendments() throws {
        try log.register("alice")
        let tea = try log.channel("tea")
        let message = try log.post("one \"two\"", by: "alice", in: tea)
        try log.append(state.edit(log.target(message), text: bytes("three"), by: log.actor("alice")))
        try log.append(state.edit(log.target(message), text: bytes("four"), by: log.actor("alice")))
        try log.append(state.deletion(log.target(message), by: log.actor("alice")))
        #expect(
            changes() == [
                .insert(message, bytes("one \"two\"")), .remove(message, bytes("one \"two\"")),
                .insert(message, bytes("three")), .remove(message, bytes("three")),
                .insert(message, bytes("four")), .remove(message, bytes("four")),
            ])
    }

    @Test("What was never inserted is not taken out")
    func dropped() throws {
        try log.register("alice")
        let message = try log.post("one", by: "alice", in: try log.channel("tea"))
        try log.append(state.edit(log.target(message), text: bytes("two"), by: log.actor("alice")))
        #expect(changes(original: false) == [.insert(message, bytes("one"))])
    }

    @Test("Accounts, reactions and lines that are none have no text")
    func others() throws {
        try log.register("alice")
        #expect(changes().isEmpty)
        #expect(Array("{}".utf8).withUnsafeBytes { TextFold.text(of: $0) } == nil)
    }
}
