import CSQLite
import LogLine
import Threads
import Views

/// The texts of messages in SQLite's FTS5, in memory, on a thread of its own.
///
/// Failure modes: when memory is short or SQLite lacks FTS5, everything is answered `.failed` until `clear`;
/// questions beyond `questionsMax` are answered `.busy` at once.
public final class SQLiteTextIndex: TextIndex {
    /// How many may wait.
    public static let questionsMax = 64

    private let jobs: SearchJobs

    public init(questionsMax: Int = questionsMax) {
        let jobs = SearchJobs(questionsMax: questionsMax)
        self.jobs = jobs
        OwnedThread.start(name: "search") {
            let texts = IndexedTexts()
            while let job = jobs.next() { job(texts) }
        }
    }

    deinit { jobs.close() }

    public func apply(
        _ changes: [TextChange], through: Offset,
        _ completion: @escaping @Sendable (TextIndexError?) -> Void
    ) {
        jobs.add { completion($0.apply(changes, through: through)) }
    }

    public func find(
        _ words: SearchWords, before: Offset, limit: Int,
        _ answer: @escaping @Sendable (Result<TextHits, TextIndexError>) -> Void
    ) {
        let waiting = jobs.ask { answer($0.find(words, before: before, limit: limit)) }
        if let waiting { answer(.failure(.busy(waiting: waiting))) }
    }

    public func clear() { jobs.add { $0.clear() } }

    /// The memory that SQLite holds, for metrics.
    public static var memoryBytes: Int { Int(sqlite3_memory_used()) }
}
