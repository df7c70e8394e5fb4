import EventLoop
import LogLine

/// Tells when the first of many tokens ends: one timer for all who show one.
///
/// The wall clock may be set while a timer runs, so it is looked at again every minute at the latest.
@LoopActor
final class TokenExpiry {
    private var timer: LoopTimer?
    /// When the timer's next call is due; nil: it is not armed.
    private var next: Timestamp?

    /// - Parameter onExpiry: ends whoever shows a token that is not good at the given time any more; returns
    ///   when the next one ends.
    init(_ onExpiry: @escaping @LoopActor (Timestamp) -> Timestamp?) {
        timer = LoopTimer { [unowned self] in
            next = nil
            watch(onExpiry(Self.now))
        }
    }

    /// A token that ends at `expiry` was shown.
    func watch(_ expiry: Timestamp?) {
        guard let expiry else { return }
        if let next, next <= expiry { return }
        next = expiry
        let left = max(expiry.milliseconds - Self.now.milliseconds, 0)
        timer?.schedule(after: min(.milliseconds(left), DeliveryLimits.clockCheckInterval))
    }

    private static var now: Timestamp { Timestamp(milliseconds: LoopClock.wallMilliseconds) }
}
