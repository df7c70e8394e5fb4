import Glibc

/// State behind a lock, with threads that wait for it to become something.
///
/// `@unchecked Sendable`: `state` is only touched while `mutex` is held.
public final class Monitor<State>: @unchecked Sendable {
    @usableFromInline let mutex = NativeMutex()
    @usableFromInline let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    @usableFromInline var state: State

    public init(_ state: sending State) {
        self.state = state
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
    }

    @inlinable
    public func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        mutex.lock()
        defer { mutex.unlock() }
        return body(&state)
    }

    /// Changes the state, and lets one waiting thread look at it when `body` says so.
    @inlinable @discardableResult
    public func signal(_ body: (inout State) -> Bool) -> Bool {
        let isChanged = withLock(body)
        if isChanged { pthread_cond_signal(condition) }
        return isChanged
    }

    /// Changes the state and lets all waiting threads look at it.
    @inlinable
    public func broadcast(_ body: (inout State) -> Void) {
        withLock(body)
        pthread_cond_broadcast(condition)
    }

    /// Waits until `body` has a result, or until `deadline` (`SystemClock.monotonic`) has passed: then nil.
    @inlinable
    public func wait<Result>(
        until deadline: Duration? = nil, for body: (inout State) -> Result?
    ) -> Result? {
        mutex.lock()
        defer { mutex.unlock() }
        while true {
            if let result = body(&state) { return result }
            guard let deadline else {
                pthread_cond_wait(condition, mutex.pointer)
                continue
            }
            var time = SystemClock.timespec(deadline)
            if pthread_cond_timedwait(condition, mutex.pointer, &time) == ETIMEDOUT { return body(&state) }
        }
    }
}
