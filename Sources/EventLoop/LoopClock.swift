import Glibc

/// The system's clocks, as the services read them.
public enum LoopClock {
    /// Since an arbitrary start; never goes back.
    public static var monotonic: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z; may jump when the machine's clock is set.
    public static var wallMilliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
