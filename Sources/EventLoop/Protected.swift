import Glibc

/// State behind a lock. (Not `Synchronization.Mutex`: ThreadSanitizer does not see that one, and reports
/// races that are none.)
///
/// `@unchecked Sendable`: `state` is only touched while `mutex` is held.
final class Protected<State>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var state: State

    init(_ state: sending State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&state)
    }
}
