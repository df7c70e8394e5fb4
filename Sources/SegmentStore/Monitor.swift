import Glibc

/// State behind a lock, with threads that wait for it to become something.
///
/// (`Synchronization.Mutex` has nothing to wait on, and ThreadSanitizer does not see it.)
///
/// `@unchecked Sendable`: `state` is only touched while `mutex` is held.
final class Monitor<State>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State

    init(_ state: sending State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&state)
    }

    /// Changes the state, and lets one waiting thread look at it when `body` says so.
    @discardableResult
    func signal(_ body: (inout State) -> Bool) -> Bool {
        let isChanged = withLock(body)
        if isChanged { pthread_cond_signal(condition) }
        return isChanged
    }

    /// Changes the state and lets all waiting threads look at it.
    func broadcast(_ body: (inout State) -> Void) {
        withLock(body)
        pthread_cond_broadcast(condition)
    }

    /// Waits until `body` has a result, or until `deadline` (on `MonotonicClock`) has passed: then nil.
    func wait<Result>(until deadline: Duration? = nil, for body: (inout State) -> Result?) -> Result? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            guard let deadline else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            var time = MonotonicClock.timespec(deadline)
            if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { return body(&state) }
        }
    }
}
