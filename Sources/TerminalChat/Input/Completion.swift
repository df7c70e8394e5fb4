/// Tab: goes through what the word before the cursor can become.
struct Completion: Sendable {
    /// What stands in the line now, and what the next Tab puts there.
    private var candidates = [String]()
    private var index = 0

    /// Completes in `editor`; further calls go on to the next candidate, as long as nothing else was written.
    /// `isBackwards`: to the one before.
    mutating func complete(
        _ editor: inout LineEditor, people: [String], channels: [String], isBackwards: Bool = false
    ) {
        if let current = current, editor.head.hasSuffix(current), candidates.count > 1 {
            index = (index + (isBackwards ? candidates.count - 1 : 1)) % candidates.count
            editor.replace(last: current.count, with: candidates[index])
            return
        }
        let word = Completion.word(editor.head)
        candidates = Completion.candidates(for: word, head: editor.head, people, channels)
        index = 0
        guard let first = candidates.first else { return }
        editor.replace(last: word.count, with: first)
    }

    /// Something else was written.
    mutating func end() { candidates = [] }

    private var current: String? { candidates.isEmpty ? nil : candidates[index] }

    private static func word(_ head: String) -> String {
        if let command = command(of: head), takesRest(command) {
            return String(head.dropFirst(command.count + 2))
        }
        return head.lastIndex(where: \.isWhitespace).map { String(head[head.index(after: $0)...]) } ?? head
    }

    /// The command before the first space.
    private static func command(of head: String) -> String? {
        guard head.hasPrefix("/"), let space = head.firstIndex(of: " ") else { return nil }
        return String(head[head.index(after: head.startIndex)..<space])
    }

    /// Rooms have titles with spaces in them.
    private static func takesRest(_ command: String) -> Bool { command == "join" || command == "j" }

    private static func candidates(
        for word: String, head: String, _ people: [String], _ channels: [String]
    ) -> [String] {
        if head.hasPrefix("/"), word.count == head.count {
            return matching(word, ChatCommand.list.map { "/\($0.name)" }).map { $0 + " " }
        }
        switch command(of: head) {
        case "join", "j": return matching(word, channels)
        case "dm", "invite": return matching(word.hasPrefix("@") ? String(word.dropFirst()) : word, people)
        default: break
        }
        if word.hasPrefix("@") { return matching(word, people.map { "@\($0)" }).map { $0 + " " } }
        if word.hasPrefix("#") { return matching(word, channels.map { "#\($0)" }) }
        guard !word.isEmpty, word.count == head.count else { return [] }
        return matching(word, people).map { "@\($0) " }
    }

    private static func matching(_ word: String, _ all: [String]) -> [String] {
        let wanted = word.lowercased()
        return all.filter { $0.lowercased().hasPrefix(wanted) && $0 != word }.sorted()
    }
}
