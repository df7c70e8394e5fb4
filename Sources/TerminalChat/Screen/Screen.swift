/// What stands on the terminal: rows from top to bottom, and where the cursor is. Nothing in it can be obeyed
/// by a terminal, because all text is `ShownText`.
public struct Screen: Equatable, Sendable {
    public internal(set) var rows: [ScreenRow]
    /// Counted from 0.
    public internal(set) var cursorRow: Int
    public internal(set) var cursorColumn: Int
}

/// One row: pieces of text, each in a style.
public struct ScreenRow: Equatable, Sendable {
    public struct Span: Equatable, Sendable {
        let text: ShownText
        let style: Style
    }

    public enum Style: Equatable, Sendable {
        case plain, dim, bold, mention, trouble
        /// The status line: reversed.
        case bar
        /// One of `nameColours`.
        case name(Int)
    }

    static let nameColours = 6

    private(set) var spans = [Span]()

    init() {}

    init(_ text: ShownText, _ style: Style = .plain) { append(text, style) }

    init(_ text: String, _ style: Style = .plain) { append(ShownText(text), style) }

    mutating func append(_ text: ShownText, _ style: Style = .plain) {
        guard !text.clusters.isEmpty else { return }
        spans.append(Span(text: text, style: style))
    }

    var cells: Int { spans.reduce(0) { $0 + $1.text.cells } }
    /// Without styles.
    public var text: String { spans.map(\.text.text).joined() }

    func cut(to width: Int) -> ScreenRow {
        guard cells > width else { return self }
        var row = ScreenRow()
        var left = width
        for span in spans where left > 0 {
            let text = span.text.cut(to: left)
            row.append(text, span.style)
            left -= text.cells
        }
        return row
    }

    /// Filled with spaces up to `width`.
    func filled(to width: Int, _ style: Style) -> ScreenRow {
        var row = cut(to: width)
        row.append(ShownText(String(repeating: " ", count: max(0, width - row.cells))), style)
        return row
    }
}
