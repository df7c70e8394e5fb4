import CSQLite
import LogLine
import Views

/// SQLite's FTS5 over texts, in memory: it keeps which words are where, and no text.
///
/// | option | why |
/// |---|---|
/// | `content=''` | the texts are in the pod's memory already |
/// | `detail=none` | only whether a word is in a message matters: 32 bytes each instead of 58 |
/// | `columnsize=0` | nothing is ranked |
/// | `unicode61`, `remove_diacritics 2` | case and diacritics do not matter; marks belong to words |
///
/// A text is removed by being told once more, exactly as it was inserted: the caller's duty.
///
/// One owner, on one thread: the connection is opened without SQLite's own locks.
final class TextTable {
    private let database: OpaquePointer
    private let insertion: OpaquePointer
    private let removal: OpaquePointer
    private let search: OpaquePointer

    init() throws(SQLiteError) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let status = sqlite3_open_v2(":memory:", &opened, flags, nil)
        guard status == SQLITE_OK, let database = opened else {
            sqlite3_close(opened)
            throw SQLiteError(code: status, message: "cannot open a database in memory")
        }
        self.database = database
        do throws(SQLiteError) {
            try Self.run("PRAGMA journal_mode=OFF", database)
            try Self.run(Self.creation, database)
            insertion = try Self.prepare("INSERT INTO texts(rowid, text) VALUES(?1, ?2)", database)
            removal = try Self.prepare(
                "INSERT INTO texts(texts, rowid, text) VALUES('delete', ?1, ?2)", database)
            search = try Self.prepare(
                "SELECT rowid FROM texts WHERE texts MATCH ?2 AND rowid < ?1 ORDER BY rowid DESC LIMIT ?3",
                database)
        } catch {
            // Frees what was prepared as soon as that is finalised, which the process' end does.
            sqlite3_close_v2(database)
            throw error
        }
    }

    deinit {
        for statement in [insertion, removal, search] { sqlite3_finalize(statement) }
        sqlite3_close_v2(database)
    }

    /// `apply` begins with this; there is one transaction at a time.
    func begin() throws(SQLiteError) { try Self.run("BEGIN", database) }

    /// In one transaction.
    func apply(_ changes: [TextChange]) throws(SQLiteError) {
        guard !changes.isEmpty else { return }
        try begin()
        for change in changes {
            switch change {
            case .insert(let offset, let text): try execute(insertion, offset, text)
            case .remove(let offset, let text): try execute(removal, offset, text)
            }
        }
        try Self.run("COMMIT", database)
    }

    /// The newest `limit` texts before `before` that hold all words, newest first.
    func find(_ words: SearchWords, before: Offset, limit: Int) throws(SQLiteError) -> [Offset] {
        guard !words.isEmpty else { return [] }
        defer { sqlite3_reset(search) }
        try bind(Array(MatchExpression.text(words).utf8), at: 2, of: search)
        sqlite3_bind_int64(search, 1, Int64(clamping: before.value))
        sqlite3_bind_int64(search, 3, Int64(limit))
        var found: [Offset] = []
        while true {
            switch sqlite3_step(search) {
            case SQLITE_ROW: found.append(Offset(UInt64(sqlite3_column_int64(search, 0))))
            case SQLITE_DONE: return found
            // A word with letters that are newer than SQLite's tables is several words to it, a phrase,
            // which no text is known to hold.
            case SQLITE_ERROR: return []
            case let status: throw SQLiteError(code: status, message: message)
            }
        }
    }

    // MARK: Private

    private static let creation = """
        CREATE VIRTUAL TABLE texts USING fts5(text, content='', detail=none, columnsize=0, \
        tokenize="unicode61 remove_diacritics 2 categories 'L* N* Mn Mc' separators \
        '\(SearchWords.variationSelectors)'")
        """

    private var message: String { String(cString: sqlite3_errmsg(database)) }

    private func execute(
        _ statement: OpaquePointer, _ offset: Offset, _ text: [UInt8]
    ) throws(SQLiteError) {
        defer { sqlite3_reset(statement) }
        sqlite3_bind_int64(statement, 1, Int64(clamping: offset.value))
        try bind(text, at: 2, of: statement)
        let status = sqlite3_step(statement)
        guard status == SQLITE_DONE else { throw SQLiteError(code: status, message: message) }
    }

    /// SQLite copies the text.
    private func bind(_ text: [UInt8], at index: Int32, of statement: OpaquePointer) throws(SQLiteError) {
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        let status = text.withUnsafeBytes { bytes in
            // Without bytes there is no address, which would bind NULL.
            let start = bytes.baseAddress.map { $0.assumingMemoryBound(to: CChar.self) }
            return start.map { sqlite3_bind_text(statement, index, $0, Int32(bytes.count), copied) }
                ?? sqlite3_bind_text(statement, index, "", 0, copied)
        }
        guard status == SQLITE_OK else { throw SQLiteError(code: status, message: message) }
    }

    private static func run(_ statement: String, _ database: OpaquePointer) throws(SQLiteError) {
        let status = sqlite3_exec(database, statement, nil, nil, nil)
        guard status == SQLITE_OK else {
            throw SQLiteError(code: status, message: String(cString: sqlite3_errmsg(database)))
        }
    }

    private static func prepare(
        _ text: String, _ database: OpaquePointer
    ) throws(SQLiteError) -> OpaquePointer {
        var statement: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        let status = sqlite3_prepare_v3(database, text, -1, flags, &statement, nil)
        guard status == SQLITE_OK, let statement else {
            throw SQLiteError(code: status, message: String(cString: sqlite3_errmsg(database)))
        }
        return statement
    }
}

/// What SQLite said. Source: https://www.sqlite.org/rescode.html
struct SQLiteError: Error, CustomStringConvertible {
    let code: Int32
    let message: String

    var description: String { "SQLite: \(message) (\(code))" }
}
