import LogLine
import Replication
import TestSupport

@testable import SegmentStore

/// Drives the store's core by hand, without threads and with a clock that stands still unless it is moved.
final class WriterRun {
    let recovery: Recovery
    /// What recovery showed, line by line, each with its newline.
    let recovered: [[UInt8]]
    let writer: SegmentWriter
    let table: SegmentTable
    var maker: LineMaker
    private let lock: DirectoryLock
    private let clock: Clock

    private final class Clock {
        var now = Duration.zero
    }

    init(
        _ files: any FilePort, options: StoreOptions = StoreOptions(), bootID: String = "boot-1",
        epoch: UInt64 = 1, path: String = WriterRun.path
    ) throws(LogError) {
        let opening = LogOpening(
            directory: LogDirectory(path, files: files),
            boot: BootRecord(bootID: bootID, durability: options.durability, isClean: false),
            process: 1)
        var lines: [[UInt8]] = []
        let opened = try opening.run(newEpoch: { Epoch(epoch) }) { _, line, _ in
            lines.append(Array(line) + [0x0A])
        }
        let clock = Clock()
        self.clock = clock
        lock = opened.lock
        recovery = opened.recovery
        recovered = lines
        table = opened.start.table
        writer = SegmentWriter(opened.start, options: options, now: { clock.now })
        maker = LineMaker(after: recovery.head, time: recovery.time)
    }

    static let path = "/log"

    func advance(_ time: Duration) { clock.now += time }

    /// Writes the lines as one batch.
    func commit(_ lines: [[UInt8]]) -> CommitOutcome {
        var group = WriteGroup()
        group.add(ByteSlice(lines.flatMap { $0 }), through: recovery.head)
        return writer.commit(group)
    }
}
