import LogLine
import Replication
import Threads

/// Reads acknowledged lines on threads of its own. The caller bounds how many reads wait; each is bounded by
/// `LogStoreLimits.readBytesMax`.
final class SegmentReader: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isClosing = false
    }

    private enum Next {
        case job(@Sendable () -> Void)
        case end
    }

    private let table: SegmentTable
    private let files: any FilePort
    private let monitor = Monitor(State())

    init(table: SegmentTable, files: any FilePort) {
        self.table = table
        self.files = files
    }

    func start() -> [OwnedThread] {
        (0..<StoreLimits.readerThreads).map { _ in OwnedThread(name: "log reader") { self.run() } }
    }

    /// What waits is still done, then the threads end.
    func close() { monitor.broadcast { $0.isClosing = true } }

    func read(
        _ positions: [Range<UInt64>], completion: @escaping @Sendable (Result<[ByteSlice], LogError>) -> Void
    ) {
        let bytes = positions.reduce(0) { $0 + $1.count }
        precondition(bytes <= LogStoreLimits.readBytesMax, "a read of \(bytes) bytes")
        let isTaken = add {
            do throws(LogError) {
                completion(.success(try self.read(positions)))
            } catch {
                completion(.failure(error))
            }
        }
        if !isTaken { completion(.failure(LogError(.ioError, "the store is closed"))) }
    }

    func warm(_ region: FileRegion, completion: @escaping @Sendable () -> Void) {
        let isTaken = add {
            self.warm(region)
            completion()
        }
        if !isTaken { completion() }
    }

    /// False when the threads have been told to end.
    private func add(_ job: @escaping @Sendable () -> Void) -> Bool {
        monitor.signal { state in
            guard !state.isClosing else { return false }
            state.jobs.append(job)
            return true
        }
    }

    private func run() {
        while let next = monitor.wait(for: Self.next) {
            switch next {
            case .job(let job): job()
            case .end: return
            }
        }
    }

    private static func next(_ state: inout State) -> Next? {
        guard state.jobs.isEmpty else { return .job(state.jobs.removeFirst()) }
        return state.isClosing ? .end : nil
    }
}

// MARK: On its threads

extension SegmentReader {
    /// Ranges that follow closely upon each other share one read and one block.
    private func read(_ positions: [Range<UInt64>]) throws(LogError) -> [ByteSlice] {
        var slices: [ByteSlice] = []
        slices.reserveCapacity(positions.count)
        var next = 0
        while next < positions.count {
            let run = Self.run(from: next, in: positions)
            let covered = positions[next].lowerBound..<positions[run.upperBound - 1].upperBound
            let block = try read(covered)
            for range in positions[run] {
                let start = Int(range.lowerBound - covered.lowerBound)
                slices.append(block[start..<start + range.count])
            }
            next = run.upperBound
        }
        return slices
    }

    /// The ranges from `first` on that ascend with small gaps.
    private static func run(from first: Int, in positions: [Range<UInt64>]) -> Range<Int> {
        var end = first + 1
        while end < positions.count {
            let before = positions[end - 1].upperBound
            let start = positions[end].lowerBound
            guard start >= before, start - before <= UInt64(StoreLimits.readGapBytesMax) else { break }
            end += 1
        }
        return first..<end
    }

    private func read(_ positions: Range<UInt64>) throws(LogError) -> ByteSlice {
        let block = ByteBlock(capacity: positions.count)
        var filled = 0
        while filled < positions.count {
            let region = try table.region(of: positions.lowerBound + UInt64(filled)..<positions.upperBound)
            let room = UnsafeMutableRawBufferPointer(start: block.base + filled, count: region.count)
            let count = try read(region, into: room)
            guard count > 0 else {
                throw LogError(
                    .ioError, "position \(positions.lowerBound + UInt64(filled)): the file became shorter")
            }
            filled += count
        }
        return ByteSlice(block: block, start: 0, count: filled)
    }

    private func read(_ region: FileRegion, into room: UnsafeMutableRawBufferPointer) throws(LogError) -> Int
    {
        do {
            return try files.read(region.file, at: region.offset, into: room)
        } catch {
            throw LogError(error, path: "a segment", byte: region.offset)
        }
    }

    /// Best effort: whoever reads the region afterwards meets the error itself.
    private func warm(_ region: FileRegion) {
        let chunk = ByteBlock(capacity: Self.warmBytes)
        var done = 0
        while done < region.count {
            let room = UnsafeMutableRawBufferPointer(
                start: chunk.base, count: min(Self.warmBytes, region.count - done))
            guard let count = try? files.read(region.file, at: region.offset + done, into: room), count > 0
            else {
                return
            }
            done += count
        }
    }

    private static let warmBytes = 256 << 10
}
