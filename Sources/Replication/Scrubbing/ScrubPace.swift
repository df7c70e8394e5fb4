/// How fast kept lines are read again to see whether they are still what was written: all of them once within
/// an interval, in small steps.
///
/// Little is checked in few steps, so that a small history costs nothing; much is checked in larger ones, at
/// most `stepBytesMax` every `stepInterval`, so that it never holds up what else goes on: a pass over more
/// than that takes longer than the interval.
public struct ScrubPace: Sendable, Equatable {
    public struct Step: Sendable, Equatable {
        /// How much to check, at least one line.
        public let bytes: Int
        /// How long to wait before.
        public let delay: Duration
    }

    /// For a whole pass.
    private let interval: Duration
    private let stepBytesMax: Int

    /// Nil when `interval` is zero: nothing is checked.
    public init?(interval: Duration, stepBytesMax: Int) {
        guard interval > .zero else { return nil }
        self.interval = interval
        self.stepBytesMax = stepBytesMax
    }

    /// The next step of a pass over `bytes`.
    public func step(of bytes: UInt64) -> Step {
        let stepsPerPass = interval / ScrubLimits.stepInterval
        let share = Double(bytes) / stepsPerPass
        guard share < Double(ScrubLimits.stepBytesMin) else {
            return Step(bytes: Int(min(share, Double(stepBytesMax))), delay: ScrubLimits.stepInterval)
        }
        let stepsOfMin = max(Double(bytes) / Double(ScrubLimits.stepBytesMin), 1)
        let delay = min(interval / stepsOfMin, ScrubLimits.stepDelayMax)
        return Step(bytes: ScrubLimits.stepBytesMin, delay: max(delay, ScrubLimits.stepInterval))
    }
}

/// The bounds of checking what is kept.
public enum ScrubLimits {
    /// How often a step is made at most.
    public static let stepInterval = Duration.milliseconds(50)
    /// How long until what has grown meanwhile is looked at.
    public static let stepDelayMax = Duration.seconds(10)
    public static let stepBytesMin = 16 << 10
    /// On a pod's loop, which is held up meanwhile: 5 MiB a second at most.
    public static let memoryStepBytesMax = 256 << 10
    /// From the disk, on a thread of its own: 20 MiB a second at most.
    public static let diskStepBytesMax = 1 << 20
    /// How many damaged places are named.
    public static let damageShownMax = 16
}
