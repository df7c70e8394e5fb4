import EventLoop
import LogLine
import Replication
import Web

/// Sends the log's bytes from a stream position on: to an end, or for ever.
///
/// Happy path: regions of segment files go to the socket with `sendfile`, as fast as it takes them; at the durable end
/// a live reader gets each new batch as the bytes that are in memory anyway. A slow one simply stays behind and goes on
/// reading files. Failures: bytes that cannot be read end the answer early (the connection is closed, so that the part
/// is not taken for the whole); bytes that are not in memory are fetched by the store's thread, the loop never waits.
@LoopActor
final class LogReader {
    private let core: LogCore
    private let writer: BodyWriter
    private var position: UInt64
    /// Nil: for ever.
    private let end: UInt64?
    private var isFetching = false

    init(core: LogCore, writer: BodyWriter, position: UInt64, end: UInt64?) {
        self.core = core
        self.writer = writer
        self.position = position
        self.end = end
    }

    /// Everything that is durable has been given to the socket.
    var isCaughtUp: Bool { position == core.index.end && !isFetching }

    func start() {
        // The writer holds the reader, as long as the answer lasts.
        writer.onRoom = { self.pump() }
        pump()
    }

    /// A batch became durable; it ends at the log's end.
    func received(_ batch: LogCore.DurableBatch) {
        guard !isFetching, writer.hasRoom,
            position + UInt64(batch.lines.count) == core.index.position(after: batch.through)
        else { return pump() }
        position += UInt64(batch.lines.count)
        writer.write(batch.lines)
    }

    private func pump() {
        while !isFetching, !writer.isFinished {
            let target = end ?? core.index.end
            guard position < target else {
                if end != nil { writer.finish() }
                return
            }
            guard writer.hasRoom else { return writer.waitForRoom() }
            send(position..<min(target, position + LogLimits.regionBytesMax))
        }
    }

    private func send(_ positions: Range<UInt64>) {
        guard let region = core.store.region(of: positions) else { return read(positions) }
        if core.store.isResident(region) { return write(region) }
        isFetching = true
        core.store.warm(region) {
            EventLoop.shared.execute {
                self.isFetching = false
                self.write(region)
                self.pump()
            }
        }
    }

    private func write(_ region: FileRegion) {
        position += UInt64(region.count)
        writer.write(
            file: region.file.descriptor, owner: region.file, offset: region.offset, count: region.count)
    }

    /// For a store without files.
    private func read(_ positions: Range<UInt64>) {
        isFetching = true
        core.store.read([positions]) { result in
            EventLoop.shared.execute {
                self.isFetching = false
                switch result {
                case .success(let slices):
                    self.position = positions.upperBound
                    for slice in slices { self.writer.write(slice) }
                    self.pump()
                case .failure(let error): self.writer.fail(error.message)
                }
            }
        }
    }
}
