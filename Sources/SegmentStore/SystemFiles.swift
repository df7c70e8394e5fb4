import Glibc
import Replication

/// The real file system. Files and directories are made for their owner only: the log holds private lines.
///
/// Making one ignores SIGXFSZ in this process, so that a file-size limit is an error and not the end.
public final class SystemFiles: FilePort {
    public init() { signal(SIGXFSZ, SIG_IGN) }

    public func open(_ path: String, _ access: FileAccess) throws(SystemError) -> OpenFile {
        let flags =
            switch access {
            case .read: O_RDONLY
            case .update: O_RDWR
            case .create: O_RDWR | O_CREAT
            }
        let descriptor = try Self.retry("open") { Glibc.open(path, flags | O_CLOEXEC, 0o600) }
        return OpenFile(descriptor: Int32(descriptor)) { close($0) }
    }

    public func size(of file: OpenFile) throws(SystemError) -> Int {
        var status = stat()
        _ = try Self.retry("fstat") { Int(fstat(file.descriptor, &status)) }
        return Int(status.st_size)
    }

    public func read(
        _ file: OpenFile, at start: Int, into room: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        try Self.retry("pread") { pread(file.descriptor, room.baseAddress, room.count, start) }
    }

    public func write(
        _ file: OpenFile, at start: Int, _ bytes: UnsafeRawBufferPointer
    ) throws(SystemError) -> Int {
        try Self.retry("pwrite") { pwrite(file.descriptor, bytes.baseAddress, bytes.count, start) }
    }

    public func truncate(_ file: OpenFile, to bytes: Int) throws(SystemError) {
        _ = try Self.retry("ftruncate") { Int(ftruncate(file.descriptor, bytes)) }
    }

    public func syncData(_ file: OpenFile) throws(SystemError) {
        // Not repeated when interrupted: what a first, failed try dropped, a second would call synced.
        guard fdatasync(file.descriptor) == 0 else { throw SystemError(call: "fdatasync", code: errno) }
    }

    public func syncDirectory(_ path: String) throws(SystemError) {
        let descriptor = Int32(
            try Self.retry("open") { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemError(call: "fsync", code: errno) }
    }

    public func makeDirectory(_ path: String) throws(SystemError) {
        _ = try Self.retry("mkdir") { Int(mkdir(path, 0o700)) }
    }

    public func list(_ path: String) throws(SystemError) -> [String]? {
        guard let directory = opendir(path) else {
            guard errno != ENOENT else { return nil }
            throw SystemError(call: "opendir", code: errno)
        }
        defer { closedir(directory) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw SystemError(call: "readdir", code: errno) }
        return names
    }

    public func rename(_ source: String, to target: String) throws(SystemError) {
        _ = try Self.retry("rename") { Int(Glibc.rename(source, target)) }
    }

    public func lock(_ file: OpenFile) throws(SystemError) -> Bool {
        guard flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 else { return true }
        guard errno == EWOULDBLOCK else { throw SystemError(call: "flock", code: errno) }
        return false
    }

    public func isResident(_ region: FileRegion) -> Bool { PageCache.holds(region) }

    public func forget(_ region: FileRegion) {
        _ = posix_fadvise(region.file.descriptor, region.offset, region.count, POSIX_FADV_DONTNEED)
    }

    /// Repeats `call` while a signal interrupts it; -1 means failure.
    private static func retry(_ name: String, _ call: () -> Int) throws(SystemError) -> Int {
        while true {
            let result = call()
            guard result == -1 else { return result }
            guard errno == EINTR else { throw SystemError(call: name, code: errno) }
        }
    }

    private static func retry(_ name: String, _ call: () -> Int32) throws(SystemError) -> Int {
        try retry(name) { Int(call()) }
    }
}
