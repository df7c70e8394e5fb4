import LogLine
import Testing

@testable import TerminalChat

@Suite("Text on a terminal")
struct TextTests {
    @Test(
        "Characters take the cells that terminals give them",
        arguments: [
            ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("한국", 4), ("\u{1112}\u{1161}\u{11AB}", 2),
            ("😀", 2), ("👨‍👩‍👧", 2), ("👍🏽", 2), ("❤\u{FE0F}", 2), ("🇩🇪", 2), ("ｆｕｌｌ", 8), ("\u{200B}", 0),
            ("क्ष", 2), ("→", 1), ("", 0), ("ن", 1),
        ])
    func cells(text: String, cells: Int) {
        #expect(ShownText(text).cells == cells)
    }

    @Test(
        "Nothing that a terminal obeys is left of a text, and what it was is shown",
        arguments: [
            ("\u{1B}[2J", "\\u{1b}[2J"), ("\u{9B}31m", "\\u{9b}31m"), ("a\u{7}b", "a\\u{7}b"),
            ("a\r\nb", "a\\u{d}\\u{a}b"), ("\u{7F}\u{0}", "\\u{7f}\\u{0}"), ("a\u{202E}b", "a\\u{202e}b"),
            ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"), ("a\u{2028}b", "a\\u{2028}b"),
            ("\u{1B}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"), ("שלום <script>", "שלום <script>"),
        ])
    func harmless(text: String, shown: String) {
        #expect(ShownText(text).text.utf8.elementsEqual(shown.utf8))
    }

    @Test("However it is put together, no shown text holds a control character")
    func random() {
        let seed: UInt64 = 7
        var random = SplitMix64(seed: seed)
        for _ in 0..<2_000 {
            let text = String(
                String.UnicodeScalarView(
                    (0..<20).compactMap { _ in Unicode.Scalar(UInt32(random.next() % 0x500)) }))
            let shown = ShownText(text).text
            #expect(
                shown.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }, "seed \(seed)")
        }
    }

    @Test("Of a heap of marks on one character some stay")
    func marks() {
        let text = "a" + String(repeating: "\u{301}", count: 1_000) + "b"
        #expect(ShownText(text).text.unicodeScalars.count == 2 + ShownText.marksMax)
    }

    @Test(
        "A character that joins any number of letters fits into any row",
        arguments: [
            String(repeating: "\u{A9}\u{200D}", count: 100) + "\u{A9}",
            String(repeating: "\u{915}\u{94D}", count: 100) + "\u{915}",
        ])
    func joined(text: String) {
        let shown = ShownText(text)
        #expect(shown.clusters.allSatisfy { $0.cells <= 2 })
        #expect(shown.text.utf8.elementsEqual(text.utf8))
        let rows = TextWrap.rows(text, width: 20)
        #expect(rows.allSatisfy { $0.cells <= 20 })
        #expect(rows.map(\.text).joined().utf8.elementsEqual(text.utf8))
    }

    @Test(
        "Text is broken at spaces where that fits, and anywhere where it does not",
        arguments: [
            ("one two three", 8, ["one two", "three"]), ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
            ("日本語です", 5, ["日本", "語で", "す"]), ("a\nb\n\nc", 10, ["a", "b", "", "c"]), ("", 5, [""]),
            ("ab cd", 2, ["ab", "cd"]), ("a\tb", 10, ["a    b"]), ("abc defgh", 5, ["abc", "defgh"]),
        ])
    func wrap(text: String, width: Int, rows: [String]) {
        #expect(TextWrap.rows(text, width: width).map(\.text) == rows)
    }

    @Test("No row is wider than asked for, and nothing but spaces is lost")
    func wrapRandom() {
        let seed: UInt64 = 11
        var random = SplitMix64(seed: seed)
        let letters: [Character] = ["a", "b", " ", "日", "😀", "e\u{301}"]
        for _ in 0..<500 {
            let text = String((0..<Int(random.next() % 60)).map { _ in letters[Int(random.next() % 6)] })
            let width = 2 + Int(random.next() % 20)
            let rows = TextWrap.rows(text, width: width)
            #expect(rows.allSatisfy { $0.cells <= width }, "seed \(seed)")
            let joined = rows.map(\.text).joined().filter { $0 != " " }
            #expect(joined == text.filter { $0 != " " }, "seed \(seed)")
        }
    }

    @Test("What is too long is cut, with an ellipsis for what is missing")
    func cut() {
        #expect(ShownText("abcdef").cut(to: 4).text == "abc…")
        #expect(ShownText("日本語").cut(to: 4).text == "日…")
        #expect(ShownText("abc").cut(to: 3).text == "abc")
        #expect(ShownText("abc").cut(to: 0).text == "")
    }

    @Test("A hostile message gives the terminal nothing but rows of text")
    func encoder() {
        var encoder = ANSIEncoder(hasColours: true)
        let hostile = "\u{1B}[2J\u{1B}]52;c;ZXZpbA==\u{7}\u{9B}H\r\n\u{90}q"
        let screen = Screen(
            rows: [ScreenRow(hostile, .mention), ScreenRow(hostile)], cursorRow: 1, cursorColumn: 0)
        let written = String(decoding: encoder.encode(screen), as: UTF8.self)
        // Sequences of our own: places, colours, erasing, the cursor. Nothing else begins with ESC.
        var rest = Substring(written)
        while let escape = rest.firstIndex(of: "\u{1B}") {
            rest = rest[escape...].dropFirst()
            let isOurs = rest.wholeMatch(of: /(?s)\[(\?25[lh]|2J|\d+;\d+H|[\d;]*m|K).*/) != nil
            #expect(isOurs, "ESC before \(rest.prefix(10))")
        }
        #expect(!written.unicodeScalars.contains { (0x80...0x9F).contains($0.value) || $0.value == 7 })
        // Ours comes with a number before the J only where the number of rows is new.
        #expect(written.ranges(of: "\u{1B}[2J").count == 1)
        #expect(encoder.encode(screen).isEmpty)
    }
}
