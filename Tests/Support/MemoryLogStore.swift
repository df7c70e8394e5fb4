import LogLine
import Replication
import Threads

/// A `LogStore` without a disk, for tests of what stands above one.
///
/// Reports on the calling thread, before `append` returns, unless it is told to `hold`.
public final class MemoryLogStore: LogStore {
    private struct Batch {
        let lines: ByteSlice
        let through: Offset
        let term: UInt64
    }

    private struct State {
        var bytes: [UInt8] = []
        var durable = Offset.zero
        var refusedTerm: UInt64?
        var isHolding = false
        var waiting: [Batch] = []
        var refusal: LogError?
        var isDead = false
    }

    private let state: Protected<State>
    private let observer: @Sendable (LogStoreEvent) -> Void

    /// - Parameter lines: of a log that is already there, and how many they are.
    public init(
        lines: [UInt8] = [], count: Int = 0, observer: @escaping @Sendable (LogStoreEvent) -> Void
    ) {
        state = Protected(State(bytes: lines, durable: Offset(UInt64(count))))
        self.observer = observer
    }

    /// All durable lines.
    public var bytes: [UInt8] { state.withLock { $0.bytes } }
    public var durable: Offset { state.withLock { $0.durable } }

    /// From now on batches wait for `release`.
    public func hold() { state.withLock { $0.isHolding = true } }

    /// Does what was held, and holds no longer.
    public func release() {
        state.withLock { $0.isHolding = false }
        settle()
    }

    /// The next batch fails with `error`: terminally if it is `syncFailed`, else it is refused.
    public func fail(with error: LogError) { state.withLock { $0.refusal = error } }

    public func append(_ lines: ByteSlice, through: Offset, term: UInt64) {
        state.withLock { $0.waiting.append(Batch(lines: lines, through: through, term: term)) }
        settle()
    }

    public func read(
        _ positions: [Range<UInt64>], completion: @escaping @Sendable (Result<[ByteSlice], LogError>) -> Void
    ) {
        let slices = state.withLock { state in
            positions.map { ByteSlice(state.bytes[Int($0.lowerBound)..<Int($0.upperBound)]) }
        }
        completion(.success(slices))
    }

    public func region(of positions: Range<UInt64>) -> FileRegion? { nil }
    public func isResident(_ region: FileRegion) -> Bool { true }
    public func warm(_ region: FileRegion, completion: @escaping @Sendable () -> Void) { completion() }
    public func close() { release() }

    private func settle() {
        while let event = state.withLock({ Self.step(&$0) }) { observer(event) }
    }

    /// What becomes of the batch that waits longest; nil when none is to be settled now.
    private static func step(_ state: inout State) -> LogStoreEvent? {
        while !state.isHolding, !state.isDead, !state.waiting.isEmpty {
            let batch = state.waiting.removeFirst()
            if let refused = state.refusedTerm, batch.term <= refused { continue }
            if let error = state.refusal {
                state.refusal = nil
                return refuse(batch, error, &state)
            }
            state.bytes += batch.lines.array
            state.durable = batch.through
            return .durable(through: batch.through)
        }
        return nil
    }

    private static func refuse(_ batch: Batch, _ error: LogError, _ state: inout State) -> LogStoreEvent {
        if error.code == .syncFailed {
            state.isDead = true
            return .failed(error)
        }
        state.refusedTerm = batch.term
        return .refused(term: batch.term, durable: state.durable, error)
    }
}
