import Glibc
import LogLine
import Replication

/// The names inside a log's directory, and how single files in it are made so that a crash leaves the old or
/// the new one.
///
///     epoch                      16 hexadecimal digits and a newline; written last when a log is made
///     lock                       held while a process uses the directory; holds its process id
///     segments/<20 digits>.ndjson  lines; the name is the offset of the first
///     synced                     up to where all is on disk (`SyncNote`)
///     boot                       how the last run began and ended (`BootRecord`)
///     replicas.ndjson            the pods that were known (`SideFile`)
///     cut/                       what recovery and repair took out, byte for byte
struct LogDirectory: Sendable {
    let path: String
    let files: any FilePort

    init(_ path: String, files: any FilePort) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        self.files = files
    }

    var epochPath: String { "\(path)/epoch" }
    var lockPath: String { "\(path)/lock" }
    var segmentsPath: String { "\(path)/segments" }
    var notePath: String { "\(path)/synced" }
    var bootPath: String { "\(path)/boot" }
    var cutPath: String { "\(path)/cut" }

    func segmentPath(first: Offset) -> String { "\(segmentsPath)/\(Self.segmentName(first: first))" }

    static func segmentName(first: Offset) -> String {
        let digits = String(first.value)
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits + segmentSuffix
    }

    static let segmentSuffix = ".ndjson"

    /// Nil unless `name` is 20 digits, from 1 on, and the suffix.
    static func segmentFirst(name: String) -> Offset? {
        guard name.hasSuffix(segmentSuffix) else { return nil }
        let digits = name.utf8.dropLast(segmentSuffix.utf8.count)
        guard digits.count == 20, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let value = UInt64(String(decoding: digits, as: UTF8.self)), value > 0
        else { return nil }
        return Offset(value)
    }
}

extension LogDirectory {
    func open(_ path: String, _ access: FileAccess) throws(LogError) -> LogFile {
        do {
            return LogFile(path: path, handle: try files.open(path, access), files: files)
        } catch {
            throw LogError(error, path: path)
        }
    }

    /// Nil when there is no such file.
    func openIfPresent(_ path: String, _ access: FileAccess) throws(LogError) -> LogFile? {
        do {
            return LogFile(path: path, handle: try files.open(path, access), files: files)
        } catch {
            guard error.code != ENOENT else { return nil }
            throw LogError(error, path: path)
        }
    }

    /// The names in a directory; nil when there is none.
    func list(_ path: String) throws(LogError) -> [String]? {
        do { return try files.list(path) } catch { throw LogError(error, path: path) }
    }

    /// Whether anything of a log stands here.
    func holdsAnything() throws(LogError) -> Bool {
        for path in [epochPath, notePath, bootPath] where try openIfPresent(path, .read) != nil {
            return true
        }
        return try list(segmentsPath) != nil
    }

    func sync(directory path: String) throws(LogError) {
        do { try files.syncDirectory(path) } catch { throw LogError(syncing: path, error) }
    }

    func rename(_ source: String, to target: String) throws(LogError) {
        do { try files.rename(source, to: target) } catch { throw LogError(error, path: source) }
    }

    /// Makes the directory and those above it, unless they are there; durable on return, also when an earlier
    /// try was interrupted between making and syncing.
    func makeDirectories(_ path: String) throws(LogError) {
        let parent = Self.parent(of: path)
        if try list(path) == nil {
            try makeDirectories(parent)
            do { try files.makeDirectory(path) } catch { throw LogError(error, path: path) }
        }
        do { try files.syncDirectory(parent) } catch {
            // A directory we may not read: whoever could make it has made what is in it.
            guard error.code != EACCES else { return }
            throw LogError(syncing: parent, error)
        }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The offsets that name the segments, ascending; nil when there is no directory of segments. Names that
    /// do not end like a segment's are not ours and left alone.
    func segments() throws(LogError) -> [Offset]? {
        guard let names = try list(segmentsPath) else { return nil }
        var firsts: [Offset] = []
        for name in names where name.hasSuffix(Self.segmentSuffix) {
            guard let first = Self.segmentFirst(name: name) else {
                throw LogError(
                    .unusable, "\(segmentsPath)/\(name) is not named like a segment: 20 digits.ndjson")
            }
            firsts.append(first)
        }
        return firsts.sorted()
    }

    /// Puts a small file in place so that a crash leaves the old or the new one; durable on return.
    func replace(_ path: String, with bytes: [UInt8]) throws(LogError) {
        let temporary = try open("\(path).new", .create)
        try temporary.truncate(to: 0)
        try temporary.write(at: 0, bytes)
        try temporary.sync()
        try rename(temporary.path, to: path)
        try sync(directory: Self.parent(of: path))
    }

    /// The first `bytesMax` bytes of a file; nil when there is none.
    func contents(_ path: String, bytesMax: Int) throws(LogError) -> [UInt8]? {
        try openIfPresent(path, .read)?.read(at: 0, upTo: bytesMax)
    }
}
