import EventLoop
import LogLine
import LogServing
import Replication
import Views
import Web

/// Serves the log from its store: regions of segment files go to sockets with `sendfile`; what is not in
/// memory is fetched by the store's threads, so that the loop never waits for the disk.
@LoopActor
final class StoreSource: LineSource {
    private let core: LogCore
    /// Given to readers of lines so far.
    private(set) var sentBytes: UInt64 = 0

    init(_ core: LogCore) { self.core = core }

    var index: LogIndex { core.index }
    var amendments: Amendments { core.amendments }
    var identity: LogIdentity { core.identity }

    func send(
        _ positions: Range<UInt64>, to writer: BodyWriter,
        _ completion: @escaping @LoopActor @Sendable (Result<UInt64, LogError>) -> Void
    ) {
        guard let region = core.store.region(of: positions) else {
            return copy(positions, to: writer, completion)
        }
        let end = positions.lowerBound + UInt64(region.count)
        let write = { @LoopActor @Sendable in
            self.sentBytes += UInt64(region.count)
            writer.write(
                file: region.file.descriptor, owner: region.file, offset: region.offset, count: region.count)
            completion(.success(end))
        }
        if core.store.isResident(region) { return write() }
        core.store.warm(region) { EventLoop.shared.execute(write) }
    }

    /// For a store without files.
    private func copy(
        _ positions: Range<UInt64>, to writer: BodyWriter,
        _ completion: @escaping @LoopActor @Sendable (Result<UInt64, LogError>) -> Void
    ) {
        let end = min(positions.upperBound, positions.lowerBound + UInt64(LogStoreLimits.readBytesMax))
        core.store.read([positions.lowerBound..<end]) { result in
            EventLoop.shared.execute {
                completion(
                    result.map { slices in
                        for slice in slices { writer.write(slice) }
                        self.sentBytes += end - positions.lowerBound
                        return end
                    })
            }
        }
    }

    func read(
        _ runs: [LineRun],
        _ completion: @escaping @LoopActor @Sendable (Result<[ByteSlice], LogError>) -> Void
    ) {
        core.store.read(runs.map(\.positions)) { result in
            EventLoop.shared.execute { completion(result) }
        }
    }

    /// From the nearest digest that the index keeps, and the crcs of the lines behind it.
    func digest(
        at offset: Offset, _ completion: @escaping @LoopActor @Sendable (Result<Digest, LogError>) -> Void
    ) {
        let known = index.checkpoint(notAfter: offset)
        guard known.offset < offset else { return completion(.success(known.digest)) }
        let suffixes = (known.offset.value + 1...offset.value).map { number in
            let end = index.position(after: Offset(number))
            return end - UInt64(LineEnd.bytes)..<end
        }
        core.store.read(suffixes) { result in
            let digest = result.map { slices in
                slices.reduce(known.digest) { $0.adding(crc: LineEnd.crc(of: $1.pointer)) }
            }
            EventLoop.shared.execute { completion(digest) }
        }
    }
}
