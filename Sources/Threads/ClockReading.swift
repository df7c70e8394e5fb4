/// A time of one of the system's clocks in 8 bytes, for what every connection keeps: a `Duration` takes 16,
/// and some divisions to be made of what the system says.
public struct ClockReading: Hashable, Sendable {
    private let nanoseconds: Int64

    init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Cut off to nanoseconds.
    public init(_ time: Duration) {
        let (seconds, attoseconds) = time.components
        nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    public var time: Duration { .nanoseconds(nanoseconds) }
}
