import LogLine

/// The line that is being written: its text, a cursor, what was deleted last, and the lines before it.
public struct LineEditor: Sendable {
    static let historyMax = 200
    /// Of the line: a message and a command before it. What would make it longer is not inserted.
    static let bytesMax = LineLimits.textBytesMax + 256

    private(set) var characters = [Character]()
    /// How many characters stand before it.
    private(set) var cursor = 0
    private var deleted = [Character]()
    private var history = [String]()
    /// Which line of the history is shown; nil: what is being written now.
    private var historyIndex: Int?
    private var draft = [Character]()

    public init() {}

    public var text: String { String(characters) }
    var isEmpty: Bool { characters.isEmpty }
    /// What stands before the cursor.
    var head: String { String(characters[..<cursor]) }

    /// Applies an editing key. False: it is none.
    mutating func apply(_ key: Key) -> Bool {
        switch key {
        case .text(let text), .paste(let text): insert(text)
        case .newLine: insert("\n")
        case .backspace: delete(max(0, cursor - 1)..<cursor, keeps: false)
        case .delete: delete(cursor..<min(cursor + 1, characters.count), keeps: false)
        case .deleteWord: delete(wordStart..<cursor)
        case .deleteToStart: delete(0..<cursor)
        case .deleteToEnd: delete(cursor..<characters.count)
        case .yank: insert(String(deleted))
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(characters.count, cursor + 1)
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .home: cursor = 0
        case .end: cursor = characters.count
        case .up: recall(older: true)
        case .down: recall(older: false)
        case .enter, .tab, .backTab, .escape, .pageUp, .pageDown, .nextRoom, .previousRoom, .interrupt,
            .endOfInput, .redraw, .suspend:
            return false
        }
        return true
    }

    mutating func insert(_ text: String) {
        let bytes = characters.reduce(text.utf8.count) { $0 + $1.utf8.count }
        guard bytes <= LineEditor.bytesMax else { return }
        // What is inserted may become one character with what stands before it.
        let before = String(characters[..<cursor]) + text
        let after = characters[cursor...]
        characters = Array(before)
        cursor = characters.count
        characters += after
    }

    /// Puts `text` in the place of the last `count` characters before the cursor.
    mutating func replace(last count: Int, with text: String) {
        delete(max(0, cursor - count)..<cursor, keeps: false)
        insert(text)
    }

    /// Empties the line; what it held becomes part of the history.
    mutating func take() -> String {
        let text = self.text
        if !text.isEmpty, history.last?.utf8.elementsEqual(text.utf8) != true { history.append(text) }
        if history.count > LineEditor.historyMax { history.removeFirst() }
        clear()
        return text
    }

    mutating func clear() {
        characters = []
        cursor = 0
        historyIndex = nil
        draft = []
    }

    // MARK: Private

    private mutating func delete(_ range: Range<Int>, keeps: Bool = true) {
        guard !range.isEmpty else { return }
        if keeps { deleted = Array(characters[range]) }
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    private var wordStart: Int {
        var place = cursor
        while place > 0, characters[place - 1].isWhitespace { place -= 1 }
        while place > 0, !characters[place - 1].isWhitespace { place -= 1 }
        return place
    }

    private var wordEnd: Int {
        var place = cursor
        while place < characters.count, characters[place].isWhitespace { place += 1 }
        while place < characters.count, !characters[place].isWhitespace { place += 1 }
        return place
    }

    private mutating func recall(older: Bool) {
        let current = historyIndex ?? history.count
        let wanted = older ? current - 1 : current + 1
        guard wanted >= 0, wanted <= history.count, wanted != current else { return }
        if historyIndex == nil { draft = characters }
        historyIndex = wanted < history.count ? wanted : nil
        characters = wanted < history.count ? Array(history[wanted]) : draft
        cursor = characters.count
    }
}
