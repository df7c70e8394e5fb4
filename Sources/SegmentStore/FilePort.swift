import Replication

/// Port: the few things the store asks of a file system, so that tests can refuse, fail and forget.
///
/// What a caller may rely on after a crash of the machine, and nothing else: the bytes and the length a file
/// had at its last `syncData`, and the entries a directory had at its last `syncDirectory`. Everything later
/// is there, missing or mixed, page by page and entry by entry. `rename` replaces its target in one step.
///
/// Any thread may call; the store never writes to one file from two threads at once.
public protocol FilePort: AnyObject, Sendable {
    func open(_ path: String, _ access: FileAccess) throws(SystemError) -> OpenFile
    /// In bytes.
    func size(of file: OpenFile) throws(SystemError) -> Int
    /// Fills `room` from byte `start` on, or a part of it; 0 at the end of the file.
    func read(
        _ file: OpenFile, at start: Int, into room: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int
    /// Writes the first bytes of `bytes`, at least one, at byte `start`, and returns how many.
    func write(_ file: OpenFile, at start: Int, _ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int
    func truncate(_ file: OpenFile, to bytes: Int) throws(SystemError)
    /// Makes the file's bytes and length durable.
    func syncData(_ file: OpenFile) throws(SystemError)
    /// Makes the directory's entries durable.
    func syncDirectory(_ path: String) throws(SystemError)
    func makeDirectory(_ path: String) throws(SystemError)
    /// The names in a directory in no order; nil when there is no such directory.
    func list(_ path: String) throws(SystemError) -> [String]?
    func rename(_ source: String, to target: String) throws(SystemError)
    /// Takes the file's exclusive lock until the file is closed; false when somebody else has it.
    func lock(_ file: OpenFile) throws(SystemError) -> Bool
    /// Whether reading the region would not wait for the disk.
    func isResident(_ region: FileRegion) -> Bool
    /// The region's bytes need not be held in memory any longer: a hint.
    func forget(_ region: FileRegion)
}

public enum FileAccess: Sendable, Equatable {
    /// Fails with ENOENT when there is no such file.
    case read
    /// Reading and writing; fails with ENOENT when there is no such file.
    case update
    /// Reading and writing; makes an empty file when there is none.
    case create
}

/// A system call that failed.
public struct SystemError: Error, Sendable, Equatable {
    /// The call's name, for example `fdatasync`.
    public let call: String
    /// The value of `errno`.
    public let code: Int32

    public init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }
}
