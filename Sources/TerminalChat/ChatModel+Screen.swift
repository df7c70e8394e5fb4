import LogLine

extension ChatModel {
    /// What stands below the messages: who types, the status, the line that is written.
    private static let lowerRows = 3
    private static let prompt = "> "

    public func screen(now: Duration) -> Screen {
        let (input, column) = inputRow()
        let upper = pane.rows(anchor)
        return Screen(
            rows: upper + [typingRow(now), statusRow, input], cursorRow: rows - 1, cursorColumn: column)
    }

    var pane: MessagePane {
        let room = channel.map { store.room($0) }
        return MessagePane(
            room: room ?? Room(Channel(trusted: [])), pending: channel.map { outbox.pending(in: $0) } ?? [],
            notices: notices, me: store.me, newBehind: newBehind, secondsFromUTC: options.secondsFromUTC,
            width: columns, height: rows - ChatModel.lowerRows)
    }

    // MARK: Rows

    private func typingRow(_ now: Duration) -> ScreenRow {
        var words = [String]()
        if anchor != nil { words.append("↓ more below") }
        let names = channel.map { store.typists(in: $0, now: now).map(\.text) } ?? []
        switch names.count {
        case 0: break
        case 1...3:
            words.append("\(names.joined(separator: ", ")) \(names.count == 1 ? "is" : "are") typing…")
        default: words.append("\(names.count) people are typing…")
        }
        return ScreenRow(words.joined(separator: "  "), .dim).cut(to: columns)
    }

    private var statusRow: ScreenRow {
        var row = ScreenRow(" \(store.me?.text ?? "(reading only)")  ", .bar)
        row.append(ShownText(state + "  "), .bar)
        row.append(ShownText(channel.map { store.room($0).name } ?? "no channel"), .bar)
        let others = channel.map { store.unread(besides: $0) } ?? []
        if !others.isEmpty {
            let list = others.map { "\($0.name) \($0.unread)\($0.mentions > 0 ? "!" : "")" }
            row.append(ShownText("  unread: \(list.joined(separator: ", "))"), .bar)
        }
        return row.filled(to: columns, .bar)
    }

    private var state: String {
        switch connection {
        case .connecting(let server): "connecting \(server)"
        case .catchingUp(let server): "catching up \(server)"
        case .live(let server): "live \(server)"
        case .broken(let reason, let retry):
            "not connected (\(reason)), again in \(max(1, retry.components.seconds)) s"
        case .signedOut: "signed out"
        }
    }

    /// The line with the part around the cursor that fits, and the cursor's column.
    private func inputRow() -> (row: ScreenRow, column: Int) {
        let prompt = ShownText(ChatModel.prompt)
        let width = columns - prompt.cells - 1
        // Only as much as fits is looked at, however long the line is.
        func shown(_ character: Character) -> ShownText {
            ShownText(character == "\n" ? "↵" : String(character))
        }
        var start = editor.cursor
        var before = 0
        while start > 0 {
            let cells = shown(editor.characters[start - 1]).cells
            guard before + cells <= width else { break }
            start -= 1
            before += cells
        }
        var row = ScreenRow(prompt, .bold)
        var used = 0
        for character in editor.characters[start...].lazy.map(shown) {
            guard used + character.cells <= width else { break }
            row.append(character)
            used += character.cells
        }
        return (row, prompt.cells + before)
    }
}
