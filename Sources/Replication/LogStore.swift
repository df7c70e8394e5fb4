import LogLine

/// Port: where the log's lines become durable, in order. The embedded engine keeps them in segment files.
///
/// The sequencer's owner hands batches over with `append`; the store writes all that wait, makes them durable
/// together and reports through the observer it was started with, in order, on a thread of its own.
///
/// A failed write is cut back to the durable end and everything queued behind it fails with it: the store
/// refuses all batches of that `term` and waits for the next one, which the owner starts after rewinding its
/// sequencer.
///
/// A stream position counts the bytes of all lines (each with its newline) before it, from the log's
/// beginning.
public protocol LogStore: AnyObject, Sendable {
    /// Queues whole lines, the last of which is `through`. Any thread; never blocks on I/O.
    func append(_ lines: ByteSlice, through: Offset, term: UInt64)

    /// Reads the bytes at `positions` (stream positions, all durable) on a thread of the store's own, then
    /// calls `completion` there. At most `LogStoreLimits.readBytesMax` in all.
    func read(
        _ positions: [Range<UInt64>], completion: @escaping @Sendable (Result<[ByteSlice], LogError>) -> Void)

    /// The file behind a stream position, for `sendfile`: from there up to the end of that file or of
    /// `positions`, whichever comes first. Nil when the store has no files. Any thread.
    func region(of positions: Range<UInt64>) -> FileRegion?

    /// Whether reading `region` would not wait for the disk.
    func isResident(_ region: FileRegion) -> Bool

    /// Brings `region` into memory on a thread of the store's own, then calls `completion` there.
    func warm(_ region: FileRegion, completion: @escaping @Sendable () -> Void)

    /// Makes everything queued durable, marks the shutdown as clean and stops the threads. Blocks.
    func close()
}

public enum LogStoreLimits {
    public static let readBytesMax = 1 << 20
}

/// What a store reports, in order.
public enum LogStoreEvent: Sendable {
    /// Everything up to `through` is durable (as the durability mode defines it).
    case durable(through: Offset)
    /// The batches of `term` behind `durable` were not kept.
    case refused(term: UInt64, durable: Offset, LogError)
    /// Terminal: nothing more will be written; the process should exit and recover.
    case failed(LogError)
}

/// Bytes of an open file; the descriptor stays open while the region is held.
public struct FileRegion: Sendable {
    public let file: OpenFile
    public let offset: Int
    public let count: Int

    public init(file: OpenFile, offset: Int, count: Int) {
        self.file = file
        self.offset = offset
        self.count = count
    }
}

/// Owns a file descriptor and closes it with its last reference.
public final class OpenFile: Sendable {
    public let descriptor: Int32
    private let onClose: @Sendable (Int32) -> Void

    public init(descriptor: Int32, onClose: @escaping @Sendable (Int32) -> Void) {
        self.descriptor = descriptor
        self.onClose = onClose
    }

    deinit { onClose(descriptor) }
}
