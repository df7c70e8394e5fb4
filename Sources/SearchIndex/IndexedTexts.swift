import LogLine
import Views

/// What the index' thread owns: the table, and up to which line it is.
///
/// `@unchecked Sendable`: made by the index' thread, and only jobs on that thread touch it.
final class IndexedTexts: @unchecked Sendable {
    private var table: Result<TextTable, TextIndexError>
    private var through = Offset.zero
    private let makeTable: () throws(SQLiteError) -> TextTable

    /// - Parameter makeTable: makes an empty one.
    init(
        makeTable: @escaping () throws(SQLiteError) -> TextTable = { () throws(SQLiteError) in try TextTable()
        }
    ) {
        self.makeTable = makeTable
        table = Self.made(makeTable)
    }

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
        table = Self.made(makeTable)
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

    private static func made(
        _ makeTable: () throws(SQLiteError) -> TextTable
    ) -> Result<TextTable, TextIndexError> {
        do throws(SQLiteError) { return .success(try makeTable()) } catch {
            return .failure(.failed("\(error)"))
        }
    }
}
