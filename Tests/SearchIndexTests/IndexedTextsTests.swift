import LogLine
import Testing
import Views

@testable import SearchIndex

/// What the index does when SQLite fails.
@Suite("IndexedTexts")
struct IndexedTextsTests {
    private static let noMemory = SQLiteError(code: 7, message: "out of memory")
    private let one = TextChange.insert(Offset(1), Array("one word".utf8))

    private func isFailed<Value>(_ result: Result<Value, TextIndexError>) -> Bool {
        guard case .failure(.failed(let reason)) = result else { return false }
        return reason.contains("out of memory")
    }

    /// Texts whose tables, by their order, cannot be made.
    private func texts(failing: Set<Int>) -> IndexedTexts {
        var made = 0
        return IndexedTexts { () throws(SQLiteError) in
            made += 1
            guard !failing.contains(made) else { throw Self.noMemory }
            return try TextTable()
        }
    }

    @Test("Without a table everything is answered with the reason, until a new one can be made")
    func cannotBeMade() throws {
        let texts = texts(failing: [1, 2])
        for _ in 0..<2 {
            #expect(isFailed(texts.find(SearchWords("one"), before: Offset(9), limit: 1)))
            #expect(texts.apply([one], through: Offset(1)) == .failed("\(Self.noMemory)"))
            texts.clear()
        }
        #expect(texts.apply([one], through: Offset(1)) == nil)
        let hits = try texts.find(SearchWords("one"), before: Offset(9), limit: 1).get()
        #expect(hits == TextHits(offsets: [Offset(1)], through: Offset(1)))
    }

    @Test("A batch that fails half way leaves nothing that is used again before it was cleared")
    func brokenBatch() throws {
        let table = try TextTable()
        let texts = IndexedTexts { () throws(SQLiteError) in table }
        // A transaction that is open already stands for one that an earlier failure left.
        try table.begin()
        #expect(texts.apply([one], through: Offset(1)) != nil)
        let answer = texts.find(SearchWords("one"), before: Offset(9), limit: 1)
        #expect(throws: TextIndexError.self) { try answer.get() }
    }

    @Test("Clearing a failed index begins anew, with nothing in it")
    func cleared() throws {
        let texts = texts(failing: [])
        #expect(texts.apply([one], through: Offset(7)) == nil)
        texts.clear()
        let hits = try texts.find(SearchWords("one"), before: Offset(9), limit: 1).get()
        #expect(hits == TextHits(offsets: [], through: .zero))
    }
}
