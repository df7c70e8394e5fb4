import LogLine
import Replication
import Threads

/// The embedded engine: the log in segment files of one directory, which it keeps for itself.
///
/// ```swift
/// let (store, recovery) = try SegmentStore.open(directory: "data", …) { scan, line, position in … }
/// store.start { event in loop.enqueue { handle(event) } }
/// store.append(lines, through: head, term: 1)
/// …
/// store.close()
/// ```
///
/// One thread of its own writes: all batches that wait while a sync runs go into the next write and sync.
/// Others read. How much waits to be written is the caller's to bound (`statistics.queuedBytes`).
///
/// A store that was opened must be closed, also when it was never started and after `failed`.
public final class SegmentStore: LogStore {
    private let directory: LogDirectory
    private let table: SegmentTable
    private let reader: SegmentReader
    /// Nil when nothing is to be checked.
    private let scrubber: SegmentScrubber?
    private let queue = Monitor(CommitQueue())
    private let counts: Monitor<StoreStatistics>
    private let threads = Monitor<[OwnedThread]>([])
    /// Nil once the store is closed.
    private let lock: Monitor<DirectoryLock?>
    private let writer: WriterHandle

    /// Takes the directory's lock, makes a new log if there is none, and reads all lines in order.
    ///
    /// Blocks for as long as reading the whole log takes.
    ///
    /// - Parameter bootID: of the machine's run (`/proc/sys/kernel/random/boot_id`).
    /// - Parameter newEpoch: makes an epoch when one is due.
    /// - Parameter visit: takes each line; what it throws, `open` throws.
    /// - Throws: `locked`, `damaged` or `unusable`, with nothing changed; else what the disk answered.
    public static func open(
        directory path: String, options: StoreOptions = StoreOptions(),
        files: any FilePort = SystemFiles(), bootID: String, newEpoch: () -> Epoch,
        visit: LineVisitor
    ) throws(LogError) -> (SegmentStore, Recovery) {
        let opening = LogOpening(
            directory: LogDirectory(path, files: files),
            boot: BootRecord(bootID: bootID, durability: options.durability, isClean: false))
        let opened = try opening.run(newEpoch: newEpoch, visit: visit)
        let writer = SegmentWriter(opened.start, options: options, now: { SystemClock.monotonic })
        return (SegmentStore(opened, WriterHandle(writer), options), opened.recovery)
    }

    private init(_ opened: OpenedLog, _ writer: WriterHandle, _ options: StoreOptions) {
        directory = opened.start.directory
        lock = Monitor(opened.lock)
        table = opened.start.table
        reader = SegmentReader(table: table, files: directory.files)
        let pace = ScrubPace(
            interval: options.scrubInterval, stepBytesMax: ScrubLimits.diskStepBytesMax)
        scrubber = pace.map { [table, directory] in
            SegmentScrubber(table: table, directory: directory, pace: $0)
        }
        counts = Monitor(StoreStatistics())
        self.writer = writer
    }

    /// Starts the threads; from now on `observer` hears, on the writing thread, what became of the batches,
    /// and `onDamage`, on a thread of its own, where a sealed segment is no longer what was written.
    /// Once, before any other call.
    public func start(
        observer: @escaping @Sendable (LogStoreEvent) -> Void,
        onDamage: @escaping @Sendable (ScrubReport.Damage) -> Void = { _ in }
    ) {
        threads.withLock { threads in
            precondition(threads.isEmpty, "started twice")
            threads = reader.start()
            if let scrubber { threads.append(scrubber.start(onDamage: onDamage)) }
            threads.append(OwnedThread(name: "log writer") { self.write(observer) })
        }
    }

    public var statistics: StoreStatistics {
        var statistics = counts.withLock { $0 }
        statistics.queuedBytes = queue.withLock { $0.bytes }
        return statistics
    }

    /// What checking the sealed segments has brought; nil when they are not checked.
    public var scrubReport: ScrubReport? { scrubber?.report }

    /// The end of the last acknowledged line.
    public var streamEnd: UInt64 { table.streamEnd }
}

// MARK: LogStore

extension SegmentStore {
    public func append(_ lines: ByteSlice, through: Offset, term: UInt64) {
        queue.signal { $0.add(lines, through: through, term: term) }
    }

    public func read(
        _ positions: [Range<UInt64>], completion: @escaping @Sendable (Result<[ByteSlice], LogError>) -> Void
    ) {
        reader.read(positions, completion: completion)
    }

    public func region(of positions: Range<UInt64>) -> FileRegion? {
        // A file that cannot be opened now is read through `read`, which tells the error.
        try? table.region(of: positions)
    }

    public func isResident(_ region: FileRegion) -> Bool { directory.files.isResident(region) }

    public func warm(_ region: FileRegion, completion: @escaping @Sendable () -> Void) {
        reader.warm(region, completion: completion)
    }

    /// As the port says. Not from the observer, which runs on a thread that this waits for.
    public func close() {
        queue.broadcast { $0.close() }
        reader.close()
        scrubber?.close()
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in running { thread.join() }
        lock.withLock { $0 = nil }
    }
}

// MARK: The writing thread

/// Hands the writer from the thread that opened the log to the one that writes.
///
/// `@unchecked Sendable`: used by the writing thread alone, from `start` on.
private final class WriterHandle: @unchecked Sendable {
    let writer: SegmentWriter
    init(_ writer: SegmentWriter) { self.writer = writer }
}

extension SegmentStore {
    private func write(_ observer: @Sendable (LogStoreEvent) -> Void) {
        let writer = writer.writer
        do throws(LogError) {
            while try step(writer, observer) {}
            try writer.close()
        } catch {
            queue.withLock { $0.die() }
            observer(.failed(error))
        }
        counts.withLock { $0 = writer.statistics }
    }

    /// Does what is next; false when everything is done and the store is to be closed.
    private func step(
        _ writer: SegmentWriter, _ observer: @Sendable (LogStoreEvent) -> Void
    ) throws(LogError) -> Bool {
        try writer.tick()
        guard let work = queue.wait(until: writer.deadline, for: { $0.take() }) else { return true }
        guard case .write(let group, let term) = work else { return false }
        let outcome = writer.commit(group)
        counts.withLock { $0 = writer.statistics }
        switch outcome {
        case .durable(let through): observer(.durable(through: through))
        case .refused(let durable, let error):
            queue.withLock { $0.refuse(term) }
            observer(.refused(term: term, durable: durable, error))
        case .failed(let error): throw error
        }
        return true
    }
}
