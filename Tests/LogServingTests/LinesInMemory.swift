import EventLoop
import LogLine
import LogServing
import Replication
import TestSupport
import Views
import Web

/// A source of lines that answers at once or in a later turn, and fails when it is told to.
@LoopActor
final class LinesInMemory: LineSource {
    static let epoch = Epoch(0xE)

    private let history: History
    private var maker = LineMaker()
    private(set) var bytes = [UInt8]()
    private(set) var digests = [Digest.zero]
    /// Reads complete in a later turn.
    var isSlow = false
    /// How many more reads succeed before one fails; nil: all.
    var readsBeforeFailure: Int?
    /// Reads so far.
    private(set) var readCount = 0

    init() { history = History(hash: ChannelHash(seed: (1, 2))) }

    var index: LogIndex { history.index }
    let amendments = Amendments()

    var identity: LogIdentity {
        LogIdentity(epoch: LinesInMemory.epoch, offset: index.last, digest: index.digest)
    }

    /// Adds lines and returns their bytes.
    @discardableResult
    func add(_ count: Int, _ text: String = "Hello everyone!", channel: String = "general") throws
        -> ByteSlice
    {
        let start = bytes.count
        for _ in 0..<count {
            let line = maker.next(text, channel: channel)
            try line.withUnsafeBytes { buffer in
                let scan = try Line.scan(UnsafeRawBufferPointer(rebasing: buffer.dropLast()))
                history.append(buffer, scan: scan)
                amendments.apply(UnsafeRawBufferPointer(rebasing: buffer.dropLast()), scan)
            }
            bytes += line
            digests.append(index.digest)
        }
        return ByteSlice(bytes[start...])
    }

    // MARK: LineSource

    func send(
        _ positions: Range<UInt64>, to writer: BodyWriter,
        _ completion: @escaping @LoopActor @Sendable (Result<UInt64, LogError>) -> Void
    ) {
        let end = min(positions.upperBound, positions.lowerBound + 10_000)
        let slice = ByteSlice(bytes[Int(positions.lowerBound)..<Int(end)])
        complete(completion) {
            writer.write(slice)
            return end
        }
    }

    func read(
        _ runs: [LineRun],
        _ completion: @escaping @LoopActor @Sendable (Result<[ByteSlice], LogError>) -> Void
    ) {
        let slices = runs.map {
            ByteSlice(bytes[Int($0.positions.lowerBound)..<Int($0.positions.upperBound)])
        }
        complete(completion) { slices }
    }

    func digest(
        at offset: Offset, _ completion: @escaping @LoopActor @Sendable (Result<Digest, LogError>) -> Void
    ) {
        let digest = digests[Int(offset.value)]
        complete(completion) { digest }
    }

    private func complete<Value>(
        _ completion: @escaping @LoopActor @Sendable (Result<Value, LogError>) -> Void,
        _ value: @escaping @LoopActor () -> Value
    ) {
        readCount += 1
        let fails = readsBeforeFailure == 0
        readsBeforeFailure = fails ? nil : readsBeforeFailure.map { $0 - 1 }
        let finish = { @LoopActor @Sendable in
            completion(fails ? .failure(LogError(.ioError, "the disk is gone")) : .success(value()))
        }
        if isSlow { EventLoop.shared.execute(finish) } else { finish() }
    }
}
