import Glibc

/// Collects what other threads report, and lets a test wait for it, with a deadline instead of a sleep.
///
/// `@unchecked Sendable`: `items` is only touched while `mutex` is held.
public final class Inbox<Item: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var items: [Item] = []

    public init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    public var all: [Item] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return items
    }

    public func add(_ item: Item) {
        pthread_mutex_lock(mutex)
        items.append(item)
        pthread_mutex_unlock(mutex)
        pthread_cond_broadcast(condition)
    }

    /// Blocks until `isEnough`; false when that takes longer than `seconds`.
    public func wait(seconds: Int = 20, until isEnough: ([Item]) -> Bool) -> Bool {
        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        deadline.tv_sec += seconds
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isEnough(items) {
            if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return isEnough(items) }
        }
        return true
    }
}
