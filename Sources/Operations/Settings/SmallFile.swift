import Glibc

/// Files that are read as a whole when a process starts.
enum SmallFile {
    /// Nil when the file cannot be read or is larger.
    static func read(_ path: String, bytesMax: Int) -> [UInt8]? {
        guard let bytes = prefix(of: path, bytes: bytesMax + 1), bytes.count <= bytesMax else { return nil }
        return bytes
    }

    /// The file's first bytes, at most so many; nil when it cannot be read.
    static func prefix(of path: String, bytes: Int) -> [UInt8]? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: bytes)
        let count = fread(&buffer, 1, bytes, file)
        // A directory can be opened and not be read.
        guard ferror(file) == 0 else { return nil }
        return Array(buffer.prefix(count))
    }
}
