import Testing

@testable import TerminalChat

@Suite("What is typed")
struct InputTests {
    private func keys(_ text: String) -> [Key] {
        var decoder = KeyDecoder()
        return decoder.receive(Array(text.utf8))
    }

    @Test(
        "Keys are known by what terminals send for them",
        arguments: [
            ("a", Key.text("a")), ("日本", .text("日本")), ("\r", .enter), ("\t", .tab), ("\u{7F}", .backspace),
            ("\u{1B}[A", .up), ("\u{1B}OB", .down), ("\u{1B}[5~", .pageUp), ("\u{1B}[6~", .pageDown),
            ("\u{1B}[1;5C", .wordRight), ("\u{1B}b", .wordLeft), ("\u{1B}[3~", .delete), ("\u{1B}[H", .home),
            ("\u{1B}[4~", .end), ("\u{1}", .home), ("\u{5}", .end), ("\u{17}", .deleteWord),
            ("\u{1B}\r", .newLine),
            ("\u{3}", .interrupt), ("\u{4}", .endOfInput), ("\u{1B}[Z", .backTab), ("\u{1B}[1;3B", .nextRoom),
            ("\u{E}", .nextRoom), ("\u{10}", .previousRoom), ("\u{1A}", .suspend), ("\u{C}", .redraw),
        ])
    func known(text: String, key: Key) {
        #expect(keys(text) == [key])
    }

    @Test("The keys do not depend on how their bytes were cut")
    func splits() {
        let bytes = Array("aé日😀\u{1B}[5~\u{1B}[200~x\r\u{1B}[y\u{1B}[201~\u{1B}[1;5Dz\r".utf8)
        let whole: [Key] = [.text("aé日😀"), .pageUp, .paste("x\n\u{1B}[y"), .wordLeft, .text("z"), .enter]
        for cut in 0...bytes.count {
            var decoder = KeyDecoder()
            let keys = decoder.receive(bytes[..<cut]) + decoder.receive(bytes[cut...])
            #expect(joined(keys) == whole, "cut at \(cut)")
        }
        var decoder = KeyDecoder()
        #expect(joined(bytes.flatMap { decoder.receive([$0]) }) == whole)
    }

    /// Texts that stand beside each other are one.
    private func joined(_ keys: [Key]) -> [Key] {
        keys.reduce(into: []) { joined, key in
            if case .text(let next) = key, case .text(let last) = joined.last {
                joined[joined.count - 1] = .text(last + next)
            } else {
                joined.append(key)
            }
        }
    }

    @Test("Escape is a key when nothing follows it; a sequence that is not known is none")
    func escape() {
        var decoder = KeyDecoder()
        #expect(decoder.receive([0x1B]).isEmpty && decoder.isWaiting)
        #expect(decoder.flush() == [.escape])
        #expect(decoder.receive(Array("\u{1B}[99~\u{1B}[?1;2ca".utf8)) == [.text("a")])
        #expect(decoder.flush().isEmpty)
    }

    private func editor(_ keys: Key...) -> LineEditor {
        var editor = LineEditor()
        for key in keys { _ = editor.apply(key) }
        return editor
    }

    @Test("A line is edited at the cursor, by characters as people see them")
    func editing() {
        #expect(editor(.text("ac"), .left, .text("b")).text == "abc")
        #expect(editor(.text("a👨‍👩‍👧"), .backspace).text == "a")
        #expect(editor(.text("e"), .text("\u{301}"), .backspace).text == "")
        #expect(editor(.text("abc"), .home, .delete).text == "bc")
        #expect(editor(.text("one two"), .deleteWord).text == "one ")
        #expect(editor(.text("one two"), .wordLeft, .deleteToStart, .end, .yank).text == "twoone ")
        #expect(editor(.text("one two"), .home, .wordRight, .deleteToEnd).text == "one")
        #expect(editor(.text("a"), .newLine, .text("b")).text == "a\nb")
        #expect(editor(.left, .backspace, .delete, .text("x")).text == "x")
    }

    @Test("A line does not grow beyond a message and a command")
    func longLine() {
        var editor = LineEditor()
        let piece = String(repeating: "é", count: 2_048)
        for _ in 0..<100 { _ = editor.apply(.text(piece)) }
        #expect(editor.text.utf8.count == 16 * 4_096)
        _ = editor.apply(.home)
        _ = editor.apply(.text("/edit 4 "))
        #expect(editor.text.hasPrefix("/edit 4 é"))
        _ = editor.apply(.deleteToEnd)
        _ = editor.apply(.text("x"))
        #expect(editor.text == "/edit 4 x")
    }

    @Test("What was written comes back with Up, and what was being written with Down")
    func history() {
        var editor = editor(.text("one"))
        #expect(editor.take() == "one")
        _ = editor.apply(.text("two"))
        _ = editor.take()
        for (key, text) in [
            (Key.text("dra"), "dra"), (.up, "two"), (.up, "one"), (.up, "one"), (.down, "two"),
            (.down, "dra"),
            (.down, "dra"),
        ] {
            _ = editor.apply(key)
            #expect(editor.text == text)
        }
    }

    @Test("Tab goes through commands, people and channels, and back")
    func completion() {
        func complete(_ text: String, tabs: Int = 1, back: Int = 0) -> String {
            var editor = editor(.text(text))
            var completion = Completion()
            for index in 0..<tabs + back {
                completion.complete(
                    &editor, people: ["bob", "Bea", "carol"], channels: ["tea", "Book club"],
                    isBackwards: index >= tabs)
            }
            return editor.text
        }
        #expect(complete("/jo") == "/join ")
        #expect(complete("/join t") == "/join tea")
        #expect(complete("/join book c") == "/join Book club")
        #expect(complete("/dm c") == "/dm carol")
        #expect(complete("hello @c") == "hello @carol ")
        #expect(complete("@b") == "@Bea ")
        #expect(complete("@b", tabs: 2) == "@bob ")
        #expect(complete("@b", tabs: 2, back: 1) == "@Bea ")
        #expect(complete("ca") == "@carol ")
        #expect(complete("hello ca") == "hello ca")
        #expect(complete("x") == "x")
    }

    @Test("Lines with a slash are commands; with two they are messages")
    func commands() throws {
        #expect(try ChatCommand.parse("hello /x") == .say("hello /x"))
        #expect(try ChatCommand.parse("//x") == .say("/x"))
        #expect(try ChatCommand.parse("/join  tea") == .join("tea"))
        #expect(try ChatCommand.parse("/dm @bob") == .direct("bob"))
        #expect(try ChatCommand.parse("/reply 42 so it is") == .reply(.offset(.init(42)), "so it is"))
        #expect(try ChatCommand.parse("/edit ^ new") == .edit(.last, "new"))
        #expect(try ChatCommand.parse("/react 3 -👍") == .react(.offset(.init(3)), "👍", isOn: false))
        for line in ["/nothing", "/join", "/reply x y", "/reply 0 y", "/edit 4", "/delete", "/react ^ -"] {
            #expect(throws: ChatCommand.Mistake.self, "\(line)") { try ChatCommand.parse(line) }
        }
    }
}
