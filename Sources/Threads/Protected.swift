/// State behind a lock.
///
/// `@unchecked Sendable`: `state` is only touched while `mutex` is held.
public final class Protected<State>: @unchecked Sendable {
    @usableFromInline let mutex = NativeMutex()
    @usableFromInline var state: State

    public init(_ state: sending State) { self.state = state }

    @inlinable
    public func withLock<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        mutex.lock()
        defer { mutex.unlock() }
        return try body(&state)
    }
}
