import LogLine

/// Writes a screen as a terminal understands it (ECMA-48, and xterm's private modes): only the rows that
/// changed since the last one.
///
/// Each row is addressed by itself and nothing wraps (DECAWM is off), so a character that this terminal draws
/// wider or narrower than expected spoils its own row at most.
public struct ANSIEncoder: Sendable {
    /// The other screen, no wrapping, pastes in brackets.
    public static let enter = Array("\u{1B}[?1049h\u{1B}[?7l\u{1B}[?2004h\u{1B}[2J".utf8)
    /// Everything as it was.
    public static let leave = Array("\u{1B}[0m\u{1B}[?2004l\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l".utf8)

    private let hasColours: Bool
    private var shown: Screen?

    public init(hasColours: Bool) { self.hasColours = hasColours }

    /// What stands there is not known any more.
    public mutating func forget() { shown = nil }

    public mutating func encode(_ screen: Screen) -> [UInt8] {
        guard screen != shown else { return [] }
        let out = ByteBuffer()
        out.append("\u{1B}[?25l")
        if shown?.rows.count != screen.rows.count { out.append("\u{1B}[2J") }
        let known = shown.flatMap { $0.rows.count == screen.rows.count ? $0.rows : nil }
        for (index, row) in screen.rows.enumerated() where known?[index] != row {
            out.append(utf8: "\u{1B}[\(index + 1);1H")
            encode(row, into: out)
            out.append("\u{1B}[K")
        }
        out.append(utf8: "\u{1B}[\(screen.cursorRow + 1);\(screen.cursorColumn + 1)H\u{1B}[?25h")
        shown = screen
        return out.array
    }

    private func encode(_ row: ScreenRow, into out: ByteBuffer) {
        for span in row.spans {
            let attributes = attributes(of: span.style)
            if !attributes.isEmpty { out.append(utf8: "\u{1B}[\(attributes)m") }
            out.append(utf8: span.text.text)
            if !attributes.isEmpty { out.append("\u{1B}[0m") }
        }
    }

    /// Of SGR. Without colours bold and reverse remain.
    private func attributes(of style: ScreenRow.Style) -> String {
        switch style {
        case .plain: ""
        case .dim: "2"
        case .bold: "1"
        case .bar: "7"
        case .mention: hasColours ? "1;33" : "1"
        case .trouble: hasColours ? "31" : "1"
        case .name(let colour): hasColours ? "1;\(31 + colour % ScreenRow.nameColours)" : "1"
        }
    }
}
