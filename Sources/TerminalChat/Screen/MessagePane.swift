import LogLine

/// The rows of a conversation: its messages, own ones on their way, and what the program has to say.
///
/// Only what is seen is broken into rows: from the lowest visible row upwards.
struct MessagePane {
    /// The lowest visible row: of which item, and which of its rows.
    struct Anchor: Equatable, Sendable {
        enum Item: Equatable, Sendable {
            case message(Offset)
            case pending(String)
            case notice(Int)
        }

        let item: Item
        /// From the item's first row.
        let row: Int
    }

    private struct PlacedRow {
        let row: ScreenRow
        let anchor: Anchor
    }

    let room: Room
    let pending: [OutgoingWrite]
    let notices: [ScreenRow]
    let me: PersonName?
    /// The first message behind it by somebody else has a line above it; nil: none has.
    let newBehind: Offset?
    let secondsFromUTC: Int
    let width: Int
    let height: Int

    /// Exactly `height` rows. `anchor`: nil: down to the end.
    func rows(_ anchor: Anchor?) -> [ScreenRow] {
        let found = rowsUpwards(from: anchor, count: height).reversed().map(\.row)
        return Array(repeating: ScreenRow(), count: height - found.count) + found
    }

    /// The offset of the newest message that is seen.
    func newestSeen(_ anchor: Anchor?) -> Offset? {
        for placed in rowsUpwards(from: anchor, count: height) {
            if case .message(let offset) = placed.anchor.item { return offset }
        }
        return nil
    }

    /// One page up. `isAtTop`: nothing stands above it.
    func pageUp(_ anchor: Anchor?) -> (anchor: Anchor?, isAtTop: Bool) {
        let rows = rowsUpwards(from: anchor, count: height * 2 - 1)
        guard rows.count > height else { return (anchor, true) }
        let step = min(height - 1, rows.count - height)
        return (rows[max(step, 0)].anchor, rows.count < height * 2 - 1)
    }

    /// One page down; nil: the end.
    func pageDown(_ anchor: Anchor?) -> Anchor? {
        guard let anchor, let index = index(of: anchor.item) else { return nil }
        var left = height - 1
        var row = anchor.row
        for item in index..<itemCount {
            let rows = placedRows(of: item)
            if row + left < rows.count {
                let isEnd = item == itemCount - 1 && row + left == rows.count - 1
                return isEnd ? nil : rows[row + left].anchor
            }
            left -= rows.count - row
            row = 0
        }
        return nil
    }

    // MARK: Items, from the oldest message to the last notice

    private var itemCount: Int { room.timeline.messages.count + pending.count + (notices.isEmpty ? 0 : 1) }

    private func index(of item: Anchor.Item) -> Int? {
        let messages = room.timeline.messages.count
        switch item {
        case .message(let offset):
            return messages == 0 ? nil : min(room.timeline.index(of: offset), messages - 1)
        case .pending(let id): return pending.firstIndex { $0.id == id }.map { messages + $0 }
        case .notice: return notices.isEmpty ? nil : messages + pending.count
        }
    }

    private func rowsUpwards(from anchor: Anchor?, count: Int) -> [PlacedRow] {
        var found = [PlacedRow]()
        let start = anchor.flatMap { index(of: $0.item) }
        var item = start ?? itemCount - 1
        while item >= 0, found.count < count {
            var rows = placedRows(of: item)
            if item == start, let anchor { rows = Array(rows.prefix(anchor.row + 1)) }
            found += rows.reversed()
            item -= 1
        }
        return Array(found.prefix(count))
    }

    private func placedRows(of index: Int) -> [PlacedRow] {
        let messages = room.timeline.messages.count
        let rows: [ScreenRow]
        let item: Anchor.Item
        if index < messages {
            item = .message(room.timeline.messages[index].offset)
            rows = self.rows(ofMessage: index)
        } else if index < messages + pending.count {
            item = .pending(pending[index - messages].id)
            rows = self.rows(of: pending[index - messages])
        } else {
            item = .notice(0)
            rows = notices.flatMap { wrapped($0) }
        }
        return rows.enumerated().map { PlacedRow(row: $1, anchor: Anchor(item: item, row: $0)) }
    }

    // MARK: Rows of one item

    private func rows(ofMessage index: Int) -> [ScreenRow] {
        let messages = room.timeline.messages
        let message = messages[index]
        var rows = [ScreenRow]()
        let before = index > 0 ? messages[index - 1] : nil
        let day = localTime(message.time).prefix(10)
        if before.map({ localTime($0.time).prefix(10) }) != day { rows.append(rule(String(day))) }
        if isFirstNew(message, before) { rows.append(rule("new")) }
        if let replyTo = message.replyTo { rows.append(quotation(of: replyTo)) }
        rows += self.rows(
            prefix: prefix(
                time: message.time, number: "\(message.offset)",
                author: message.author.isEmpty ? PersonName("-") : message.author),
            text: message.isDeleted ? "deleted" : message.text + (message.isEdited ? " (edited)" : ""),
            style: style(of: message))
        if !message.reactions.isEmpty { rows.append(reactions(of: message)) }
        return rows
    }

    private func style(of message: ChatMessage) -> ScreenRow.Style {
        if message.isDeleted { return .dim }
        return message.author != me && me?.isMentioned(in: message.text) == true ? .mention : .plain
    }

    private func isFirstNew(_ message: ChatMessage, _ before: ChatMessage?) -> Bool {
        guard let newBehind, message.offset > newBehind, before.map({ $0.offset <= newBehind }) ?? true else {
            return false
        }
        return message.author != me
    }

    private func rows(of write: OutgoingWrite) -> [ScreenRow] {
        let state: String
        switch write.state {
        case .waiting, .postponed: state = "…waiting"
        case .sent: state = "…"
        case .acknowledged: state = ""
        case .refused(let reason): state = "not sent: \(reason)"
        }
        let isRefused = if case .refused = write.state { true } else { false }
        var prefix = ScreenRow("      ", .dim)
        prefix.append(ShownText(me?.text ?? "-"), .dim)
        prefix.append(ShownText(": "), .dim)
        let text = (write.messageText ?? "") + (state.isEmpty ? "" : "  (\(state))")
        return rows(prefix: prefix, text: text, style: isRefused ? .trouble : .dim)
    }

    private func prefix(time: Timestamp, number: String, author: PersonName) -> ScreenRow {
        var row = ScreenRow(String(localTime(time).dropFirst(11).prefix(5)) + " ", .dim)
        row.append(ShownText(number + " "), .dim)
        row.append(ShownText(author.text), .name(MessagePane.colour(of: author)))
        row.append(ShownText(": "))
        return row
    }

    /// `text` beside its prefix; further rows below the first one's text, where that leaves enough room.
    private func rows(prefix: ScreenRow, text: String, style: ScreenRow.Style) -> [ScreenRow] {
        let prefix = prefix.cut(to: max(2, width - 2))
        let indent = min(prefix.cells, width / 3)
        guard width - prefix.cells >= 2, prefix.cells <= width / 2 else {
            let rows = TextWrap.rows(text, width: max(2, width - indent))
            return [prefix] + rows.map { indented($0, indent, style) }
        }
        let rows = TextWrap.rows(text, width: width - prefix.cells)
        var first = prefix
        first.append(rows[0], style)
        return [first] + rows.dropFirst().map { indented($0, prefix.cells, style) }
    }

    private func indented(_ text: ShownText, _ indent: Int, _ style: ScreenRow.Style) -> ScreenRow {
        var row = ScreenRow(String(repeating: " ", count: indent))
        row.append(text, style)
        return row
    }

    private func quotation(of offset: Offset) -> ScreenRow {
        let quoted = room.timeline[offset]
        let words =
            quoted.map { "\($0.author.text): \($0.isDeleted ? "deleted" : $0.text)" } ?? "message \(offset)"
        let line = words.split(separator: "\n").first.map(String.init) ?? ""
        return ScreenRow("      ↳ \(line)", .dim).cut(to: width)
    }

    private func reactions(of message: ChatMessage) -> ScreenRow {
        let shown = message.reactions.map { reaction in
            let people = reaction.people.map(\.text).joined(separator: ", ")
            return "\(String(decoding: reaction.emoji, as: UTF8.self)) \(people)"
        }
        return ScreenRow("      \(shown.joined(separator: "  "))", .dim).cut(to: width)
    }

    private func rule(_ text: String) -> ScreenRow {
        let line = "── \(text) "
        return ScreenRow(line + String(repeating: "─", count: max(0, width - line.count)), .dim).cut(
            to: width)
    }

    private func wrapped(_ row: ScreenRow) -> [ScreenRow] {
        guard row.cells > width, let style = row.spans.first?.style else { return [row] }
        return TextWrap.rows(row.text, width: width).map { ScreenRow($0, style) }
    }

    /// `2026-11-20T14:03:00.000Z`, but where the person is.
    private func localTime(_ time: Timestamp) -> String {
        Timestamp(milliseconds: time.milliseconds + Int64(secondsFromUTC) * 1000).description
    }

    /// The same for the same name.
    private static func colour(of name: PersonName) -> Int {
        Int(name.folded.reduce(UInt32(0)) { ($0 &* 31) &+ UInt32($1) } % UInt32(ScreenRow.nameColours))
    }
}
