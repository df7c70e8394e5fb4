import Glibc

/// The system's clocks, as the services read them.
public enum SystemClock {
    /// Since an arbitrary start; never goes back.
    public static var monotonic: Duration { read(CLOCK_MONOTONIC) }

    /// The same up to a few milliseconds behind, for a fraction of the cost: for timeouts of every request.
    public static var coarse: Duration { read(CLOCK_MONOTONIC_COARSE) }

    /// The same, as connections keep it.
    public static var coarseReading: ClockReading {
        var time = Glibc.timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return ClockReading(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z; may jump when the machine's clock is set.
    public static var wallMilliseconds: Int64 {
        var time = Glibc.timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// A time of `monotonic` as the system's calls take it.
    @usableFromInline
    static func timespec(_ time: Duration) -> Glibc.timespec {
        let (seconds, attoseconds) = time.components
        return Glibc.timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    }

    private static func read(_ clock: clockid_t) -> Duration {
        var time = Glibc.timespec()
        clock_gettime(clock, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
