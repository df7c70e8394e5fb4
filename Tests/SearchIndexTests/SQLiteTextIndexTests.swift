import LogLine
import Testing
import Threads
import Views

@testable import SearchIndex

@Suite("SQLiteTextIndex")
struct SQLiteTextIndexTests {
    private let index = SQLiteTextIndex()

    private func apply(_ changes: [TextChange], through: UInt64) async -> TextIndexError? {
        await withCheckedContinuation { continuation in
            index.apply(changes, through: Offset(through)) { continuation.resume(returning: $0) }
        }
    }

    private func find(
        _ text: String, before: UInt64 = 1 << 53, limit: Int = 100
    ) async -> Result<TextHits, TextIndexError> {
        await withCheckedContinuation { continuation in
            index.find(SearchWords(text), before: Offset(before), limit: limit) {
                continuation.resume(returning: $0)
            }
        }
    }

    private func offsets(_ text: String, before: UInt64 = 1 << 53, limit: Int = 100) async throws -> [UInt64]
    {
        try await find(text, before: before, limit: limit).get().offsets.map(\.value)
    }

    private func fill(_ texts: [String]) async {
        let changes = texts.enumerated().map { TextChange.insert(Offset(UInt64($0 + 1)), Array($1.utf8)) }
        #expect(await apply(changes, through: UInt64(texts.count)) == nil)
    }

    @Test("All words must be there, in any order, case and diacritics; the last may go on; newest first")
    func matching() async throws {
        await fill([
            "A blue teapot", "the BLUE elephant", "tea, blue", "Café crème", "CAFE\u{301} noir",
            "नमस्ते दुनिया", "❤\u{FE0F}hearty", "", "blue\u{0}moon",
        ])
        #expect(try await offsets("blue") == [9, 3, 2, 1])
        #expect(try await offsets("TEAPOT blue") == [1])
        #expect(try await offsets("blue tea") == [3, 1])
        #expect(try await offsets("tea blue") == [3])
        #expect(try await offsets("teap blue") == [])
        #expect(try await offsets("cafe") == [5, 4])
        #expect(try await offsets("cafè CREM") == [4])
        #expect(try await offsets("नमस्ते") == [6])
        #expect(try await offsets("heart") == [7])
        #expect(try await offsets("moon") == [9])
    }

    @Test("Pages go on before an offset")
    func paging() async throws {
        await fill((1...10).map { "word number\($0)" })
        #expect(try await offsets("word", limit: 3) == [10, 9, 8])
        #expect(try await offsets("word", before: 8, limit: 3) == [7, 6, 5])
        #expect(try await offsets("word", before: 1) == [])
    }

    @Test("A removed text is not found any more, its new one is, in its old place")
    func removal() async throws {
        await fill(["first one", "second one"])
        let changes: [TextChange] = [
            .remove(Offset(1), Array("first one".utf8)), .insert(Offset(1), Array("changed one".utf8)),
        ]
        #expect(await apply(changes, through: 3) == nil)
        #expect(try await offsets("first") == [])
        #expect(try await offsets("changed") == [1])
        #expect(try await offsets("one") == [2, 1])
        #expect(try await find("one").get().through == Offset(3))
    }

    @Test("Clearing forgets everything")
    func clearing() async throws {
        await fill(["one"])
        index.clear()
        #expect(try await find("one").get() == TextHits(offsets: [], through: .zero))
    }

    @Test(
        "No text is a fault of syntax, whatever stands in it",
        arguments: [
            "\"", "a\"b", "\"\" OR *", "text:one", "{text}:one", "NEAR(one)", "one AND", "NOT", "^one",
            "-one",
            "(((", "one'; DROP TABLE texts; --", "\u{0}", "*", "\u{301}", "\u{1E5D0}a", "\u{10FFFF}",
            String(repeating: "a ", count: 128), String(repeating: "\"", count: 256),
        ])
    func hostility(text: String) async throws {
        await fill(["plain words"])
        #expect(try await offsets(text) == [])
        #expect(try await offsets("plain") == [1])
    }

    @Test("Beyond the bound a question is refused at once")
    func bound() async {
        let index = SQLiteTextIndex(questionsMax: 0)
        let result = await withCheckedContinuation { continuation in
            index.find(SearchWords("one"), before: Offset(9), limit: 1) { continuation.resume(returning: $0) }
        }
        #expect(result == .failure(.busy(waiting: 0)))
    }
}
