import Glibc

/// A lock of the system. (Not `Synchronization.Mutex`: that one has nothing to wait on, and ThreadSanitizer
/// does not see it and reports races that are none.)
///
/// `@unchecked Sendable`: `pointer` never changes, and what it points to is pthread's to guard.
@usableFromInline
final class NativeMutex: @unchecked Sendable {
    @usableFromInline let pointer = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() { pthread_mutex_init(pointer, nil) }

    deinit {
        pthread_mutex_destroy(pointer)
        pointer.deallocate()
    }

    @inlinable func lock() { pthread_mutex_lock(pointer) }

    @inlinable func unlock() { pthread_mutex_unlock(pointer) }
}
