/// Calls back on the loop after a time, once or again and again, until it is cancelled or released.
///
/// libevent keeps time by the kernel's coarse clock: a call may come a tick (1 to 10 ms) too early.
@LoopActor
public final class LoopTimer {
    private var event: LoopEvent?

    /// Unarmed: see `schedule`.
    public init(_ body: @escaping @LoopActor () -> Void) {
        event = LoopEvent(-1, [.timeout], body)
    }

    /// Calls every `interval`, first after one.
    public init(every interval: Duration, _ body: @escaping @LoopActor () -> Void) {
        event = LoopEvent(-1, [.timeout, .persistent], body)
        event?.add(timeout: interval)
    }

    /// Once, after `delay`; replaces what was scheduled before.
    public func schedule(after delay: Duration) { event?.add(timeout: max(delay, .zero)) }

    public func cancel() { event?.remove() }
}

/// Calls back on the loop for each delivery of a signal.
@LoopActor
public final class LoopSignal {
    private let event: LoopEvent

    public init(_ number: Int32, _ body: @escaping @LoopActor () -> Void) {
        event = LoopEvent(number, [.signal, .persistent], body)
        event.add()
    }
}
