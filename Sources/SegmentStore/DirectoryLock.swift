import Glibc
import LogLine
import Replication

/// Keeps other processes out of a log's directory while it is held (flock(2), so it ends with the process,
/// too).
final class DirectoryLock: Sendable {
    private let file: LogFile

    private init(file: LogFile) { self.file = file }

    /// Takes the lock and writes the process' id into its file. `locked` when somebody else has it.
    static func acquire(
        _ directory: LogDirectory, process: Int32 = getpid()
    ) throws(LogError) -> DirectoryLock {
        let file = try directory.open(directory.lockPath, .create)
        guard try isFree(file) else { throw refusal(directory, file) }
        // Best effort: the lock holds without the name of its holder, and a full disk must not keep a log
        // from reading.
        try? file.truncate(to: 0)
        try? file.write(at: 0, Array("\(process)\n".utf8))
        return DirectoryLock(file: file)
    }

    /// Whether somebody has the lock, without keeping it from them.
    static func isHeld(_ directory: LogDirectory) throws(LogError) -> Bool {
        guard let file = try directory.openIfPresent(directory.lockPath, .read) else { return false }
        return try !isFree(file)
    }

    private static func isFree(_ file: LogFile) throws(LogError) -> Bool {
        do { return try file.files.lock(file.handle) } catch { throw LogError(error, path: file.path) }
    }

    private static func refusal(_ directory: LogDirectory, _ file: LogFile) -> LogError {
        // Best effort: the refusal stands without the holder's name, too.
        let holder = (try? file.read(at: 0, upTo: 20)) ?? []
        let id = String(decoding: holder.prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self)
        let who = id.isEmpty ? "another process" : "process \(id)"
        return LogError(.locked, "\(directory.path) is in use by \(who), which holds \(file.path)")
    }
}
