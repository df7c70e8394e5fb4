import CEvent
import Glibc

/// One libevent event. The only place where libevent's callbacks become Swift.
@LoopActor
final class LoopEvent {
    struct Kinds: OptionSet {
        let rawValue: Int16
        static let timeout = Kinds(rawValue: Int16(EV_TIMEOUT))
        static let readable = Kinds(rawValue: Int16(EV_READ))
        static let writable = Kinds(rawValue: Int16(EV_WRITE))
        static let signal = Kinds(rawValue: Int16(EV_SIGNAL))
        static let persistent = Kinds(rawValue: Int16(EV_PERSIST))
    }

    // Guard: loop thread only, also the last release: whatever holds an event is loop-bound. A deinit that were isolated
    // would be put off to a later job; by then the descriptor may be another connection's.
    private nonisolated(unsafe) var event: OpaquePointer?
    private let body: @LoopActor () -> Void

    /// `source`: a descriptor, a signal's number, or -1 for a timer.
    init(_ source: Int32, _ kinds: Kinds, _ body: @escaping @LoopActor () -> Void) {
        self.body = body
        let callback: event_callback_fn = { _, _, argument in
            guard let argument else { return }
            // Strong for the call: the body may drop the last other reference.
            let event = Unmanaged<LoopEvent>.fromOpaque(argument).takeUnretainedValue()
            LoopActor.assumeIsolated { event.body() }
        }
        event = event_new(
            EventLoop.shared.base, source, kinds.rawValue, callback, Unmanaged.passUnretained(self).toOpaque())
        precondition(event != nil, "libevent is out of memory")
    }

    deinit {
        if let event { event_free(event) }
    }

    /// Forgets the source, at once: to be called before its descriptor is closed, because the kernel gives the number to
    /// the next one that is opened.
    func cancel() {
        guard let event else { return }
        self.event = nil
        event_free(event)
    }

    func add() {
        guard let event else { return }
        event_add(event, nil)
    }

    func add(timeout: Duration) {
        guard let event else { return }
        let (seconds, attoseconds) = timeout.components
        var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        event_add(event, &time)
    }

    func remove() {
        guard let event else { return }
        event_del(event)
    }
}
