import LogLine
import Views

/// What the index' thread owns: the table, and up to which line it is.
///
/// `@unchecked Sendable`: made by the index' thread, and only jobs on that thread touch it.
final class IndexedTexts: @unchecked Sendable {
    private var table: Result<TextTable, TextIndexError>
    private var through = Offset.zero

    init() { table = Self.makeTable() }

    /// After a failure the table may have half of the changes: it is not used again until it is cleared.
    func apply(_ changes: [TextChange], through: Offset) -> TextIndexError? {
        let result = attempt { (table) throws(SQLiteError) in try table.apply(changes) }
        switch result {
        case .success:
            self.through = through
            return nil
        case .failure(let error):
            table = .failure(error)
            return error
        }
    }

    func find(_ words: SearchWords, before: Offset, limit: Int) -> Result<TextHits, TextIndexError> {
        let through = through
        return attempt { (table) throws(SQLiteError) in
            TextHits(offsets: try table.find(words, before: before, limit: limit), through: through)
        }
    }

    func clear() {
        table = Self.makeTable()
        through = .zero
    }

    private func attempt<Value>(
        _ body: (TextTable) throws(SQLiteError) -> Value
    ) -> Result<Value, TextIndexError> {
        table.flatMap { table in
            do throws(SQLiteError) { return .success(try body(table)) } catch {
                return .failure(.failed("\(error)"))
            }
        }
    }

    private static func makeTable() -> Result<TextTable, TextIndexError> {
        do throws(SQLiteError) { return .success(try TextTable()) } catch {
            return .failure(.failed("\(error)"))
        }
    }
}
