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

    private var event: OpaquePointer?
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

    isolated deinit {
        if let event { event_free(event) }
    }

    func add() { event_add(event, nil) }

    func add(timeout: Duration) {
        let (seconds, attoseconds) = timeout.components
        var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        event_add(event, &time)
    }

    func remove() { event_del(event) }
}
