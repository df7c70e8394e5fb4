import CEvent
import Glibc
import Synchronization

/// One libevent event. The only place where libevent's callbacks become Swift.
///
/// It ends at `cancel` or with its last reference, whichever thread drops that; then it is not called any
/// more. (An `isolated deinit` would be put off to a later job even on the loop, when it is reached from one
/// of libevent's callbacks.)
@LoopActor
public final class LoopEvent {
    public struct Kinds: OptionSet, Sendable {
        public let rawValue: Int16
        public init(rawValue: Int16) { self.rawValue = rawValue }

        static let timeout = Kinds(rawValue: Int16(EV_TIMEOUT))
        public static let readable = Kinds(rawValue: Int16(EV_READ))
        public static let writable = Kinds(rawValue: Int16(EV_WRITE))
        static let signal = Kinds(rawValue: Int16(EV_SIGNAL))
        public static let persistent = Kinds(rawValue: Int16(EV_PERSIST))
    }

    private nonisolated let registration: Registration

    /// `source`: a descriptor, a signal's number, or -1 for a timer.
    public init(_ source: Int32, _ kinds: Kinds, _ body: @escaping @LoopActor () -> Void) {
        registration = Registration(source, kinds.rawValue, body)
    }

    deinit { registration.end() }

    /// Forgets the source, at once: to be called before its descriptor is closed, because the kernel gives
    /// the number to the next one that is opened.
    public func cancel() { registration.end() }

    public func add() {
        guard let event = registration.event else { return }
        event_add(event, nil)
    }

    /// The time counts from now, not from the beginning of the loop's turn, which libevent would take.
    func add(timeout: Duration) {
        guard let event = registration.event else { return }
        event_base_update_cache_time(EventLoop.shared.base)
        let (seconds, attoseconds) = timeout.components
        var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        event_add(event, &time)
    }

    public func remove() {
        guard let event = registration.event else { return }
        event_del(event)
    }
}

/// What libevent holds of a `LoopEvent`; kept until libevent has forgotten it.
///
/// Guard of `@unchecked`: everything but `isEnded` is touched on the loop's thread only.
private final class Registration: @unchecked Sendable {
    private(set) var event: OpaquePointer?
    private let body: @LoopActor () -> Void
    /// Set by whichever thread drops the last reference; nothing is called back afterwards.
    private let isEnded = Atomic<Bool>(false)

    @LoopActor
    init(_ source: Int32, _ kinds: Int16, _ body: @escaping @LoopActor () -> Void) {
        self.body = body
        let callback: event_callback_fn = { _, _, argument in
            guard let argument else { return }
            // Strong for the call: the body may drop the last reference to its event.
            Unmanaged<Registration>.fromOpaque(argument).takeUnretainedValue().fire()
        }
        event = event_new(
            EventLoop.shared.base, source, kinds, callback, Unmanaged.passRetained(self).toOpaque())
        precondition(event != nil, "libevent is out of memory")
    }

    func end() {
        isEnded.store(true, ordering: .releasing)
        if EventLoop.shared.isOnLoop {
            free()
        } else {
            EventLoop.shared.execute { self.free() }
        }
    }

    private func fire() {
        guard !isEnded.load(ordering: .acquiring) else { return }
        LoopActor.assumeIsolated {
            EventLoop.shared.eventCame()
            body()
        }
    }

    private func free() {
        guard let event else { return }
        self.event = nil
        event_free(event)
        // Balances what libevent was given.
        Unmanaged.passUnretained(self).release()
    }
}
