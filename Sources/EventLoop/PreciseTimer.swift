import CSystem
import Glibc

/// Calls back once after a time that may be much shorter than a tick of libevent's clock: a descriptor of the
/// kernel's own (timerfd_create(2)). Costs a system call to arm and one to hear of it; for experiments.
@LoopActor
public final class PreciseTimer {
    private let descriptor: Int32
    private var event: LoopEvent?

    public init(_ body: @escaping @LoopActor () -> Void) {
        descriptor = csystem_timerfd()
        precondition(descriptor >= 0, "timerfd_create: \(String(cString: strerror(errno)))")
        let descriptor = descriptor
        event = LoopEvent(descriptor, [.readable, .persistent]) {
            var count: UInt64 = 0
            _ = read(descriptor, &count, 8)  // Only resets it.
            body()
        }
        event?.add()
    }

    /// Replaces what was scheduled before.
    public func schedule(after delay: Duration) {
        let (seconds, attoseconds) = max(delay, .nanoseconds(1)).components
        csystem_timerfd_arm(descriptor, Int64(seconds), Int64(attoseconds / 1_000_000_000))
    }

    /// Gives the descriptor back, which nothing else does: the last call.
    public func cancel() {
        event?.cancel()
        event = nil
        close(descriptor)
    }
}
