import LogLine
import TestSupport
import Testing

@testable import Views

@Suite("Message pages")
struct MessagePageTests {
    @Test("A JSON array's bytes are the documented ones, however the lines are cut into pieces")
    func golden() {
        for pieces in [["{1}\n{22}\n{}\n"], ["{1}\n", "{22}\n{}\n"], ["{1}\n", "{22}\n", "{}\n"]] {
            // Given
            let out = ByteBuffer()
            var page = MessagePage(.jsonArray)
            // When
            for piece in pieces {
                page.append([slice(piece)], count: piece.split(separator: "\n").count, to: out)
            }
            page.finish(to: out)
            // Then
            #expect(out.text == "[{1},\n{22},\n{}]")
            #expect(page.bytes(ofLines: 12, count: 3) == UInt64(out.count))
        }
    }

    @Test("Slices of one run become one piece, after what is in the buffer already")
    func slices() {
        let out = ByteBuffer()
        out.append("head ")
        var page = MessagePage(.jsonArray)
        page.append([slice("{1}\n{2}\n"), slice("{3}\n")], count: 3, to: out)
        #expect(out.text == "head [{1},\n{2},\n{3}")
    }

    @Test("An empty page is an empty array, and no bytes as NDJSON")
    func empty() {
        for (format, text) in [(MessagePage.Format.jsonArray, "[]"), (.ndjson, "")] {
            let out = ByteBuffer()
            var page = MessagePage(format)
            page.append([], count: 0, to: out)
            page.finish(to: out)
            #expect(out.text == text)
            #expect(page.bytes(ofLines: 0, count: 0) == UInt64(out.count))
        }
    }

    @Test("NDJSON is the lines as they are")
    func ndjson() {
        let out = ByteBuffer()
        var page = MessagePage(.ndjson)
        page.append([slice("{1}\n"), slice("{2}\n")], count: 2, to: out)
        page.finish(to: out)
        #expect(out.text == "{1}\n{2}\n")
        #expect(page.bytes(ofLines: 8, count: 2) == 8)
    }

    @Test("A channel's page of a history holds exactly its lines", arguments: UInt64(1)...8)
    func fromHistory(seed: UInt64) throws {
        // Given
        var random = SplitMix64(seed: seed)
        var log = LogLines(seed: seed)
        let history = History(hash: ChannelHash(seed: (1, 2)))
        for _ in 0..<150 {
            try log.add(isMessage: !random.oneIn(5))
            try history.append(line: log.lines[log.lines.count - 1])
        }
        // When
        var selection = history.index.select(channel: Array(#"quo"ted"#.utf8), .all)
        let out = ByteBuffer()
        var page = MessagePage(.jsonArray)
        while !selection.isEmpty {
            let runs = try selection.next(bytesMax: random.below(3_000), linesMax: 50, in: history.index)
            for run in runs {
                page.append(try history.slices(of: run.positions), count: run.count, to: out)
            }
        }
        page.finish(to: out)
        // Then
        let lines = log.lines.map { String(decoding: $0.dropLast(), as: UTF8.self) }
        let expected = lines.filter { $0.contains(#""channel":"quo\"ted","message_text""#) }
        #expect(out.text == "[" + expected.joined(separator: ",\n") + "]", "seed \(seed)")
    }

    @Test("A wrong count of lines is a programmer's error")
    func wrongCount() async {
        await #expect(processExitsWith: .failure) {
            var page = MessagePage(.jsonArray)
            page.append([ByteSlice(Array("{1}\n{2}\n".utf8))], count: 1, to: ByteBuffer())
        }
        await #expect(processExitsWith: .failure) {
            var page = MessagePage(.jsonArray)
            page.append([ByteSlice(Array("{1}\n".utf8))], count: 2, to: ByteBuffer())
        }
    }

    private func slice(_ text: String) -> ByteSlice { ByteSlice(Array(text.utf8)) }
}
