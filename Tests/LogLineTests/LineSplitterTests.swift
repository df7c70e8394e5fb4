import Testing

@testable import LogLine

@Suite("Line splitter")
struct LineSplitterTests {
    private func split(_ text: String) -> (lines: [String], consumed: Int) {
        let bytes = ByteSlice(text.utf8)
        var splitter = LineSplitter(bytes.pointer)
        var lines: [String] = []
        while let line = splitter.next() { lines.append(bytes[line].text) }
        return (lines, splitter.consumed)
    }

    @Test("Complete lines come without their newline, blank ones too; the rest is left")
    func lines() {
        #expect(split("") == ([], 0))
        #expect(split("a") == ([], 0))
        #expect(split("a\n") == (["a"], 2))
        #expect(split("\n\nab\n\ncd") == (["", "", "ab", ""], 6))
    }

    @Test("A stream cut into chunks at any place gives the same lines")
    func everySplit() {
        let text = Array("one\n\ntwo three\nfour\nrest".utf8)
        for first in 0...text.count {
            for second in first...text.count {
                let buffer = ByteBuffer()
                var lines: [String] = []
                for chunk in [text[..<first], text[first..<second], text[second...]] {
                    buffer.append(Array(chunk))
                    var splitter = LineSplitter(buffer.pointer)
                    while let line = splitter.next() {
                        lines.append(String(decoding: buffer.pointer[line], as: UTF8.self))
                    }
                    buffer.consume(splitter.consumed)
                }
                #expect(lines == ["one", "", "two three", "four"])
                #expect(buffer.text == "rest")
            }
        }
    }
}
