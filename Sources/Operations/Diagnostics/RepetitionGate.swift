import Threads

/// Keeps a repeated warning from filling the log: of each key one is let through per interval, with the
/// number of those that were not. At most `keysMax` keys are remembered; when a new one would be too many,
/// all are forgotten (some lines too many are better than memory without a bound). Any thread.
///
/// ```
/// if let suppressed = gate.admit("refused-payload", at: .now) {
///     log.warning("refused a payload\(RepetitionGate.note(suppressed))", ["channel": .bytes(name)])
/// }
/// ```
public final class RepetitionGate: Sendable {
    public static let keysMax = 1024

    private struct State {
        var admittedAt: ContinuousClock.Instant
        var suppressedCount = 0
    }

    private let interval: Duration
    private let states = Protected<[String: State]>([:])

    public init(interval: Duration = .seconds(10)) { self.interval = interval }

    /// How many were suppressed since the last one that was let through; nil: suppress this one too.
    public func admit(_ key: String, at now: ContinuousClock.Instant) -> Int? {
        states.withLock { states in
            guard var state = states[key] else {
                if states.count >= Self.keysMax { states.removeAll() }
                states[key] = State(admittedAt: now)
                return 0
            }
            guard now - state.admittedAt >= interval else {
                state.suppressedCount += 1
                states[key] = state
                return nil
            }
            states[key] = State(admittedAt: now)
            return state.suppressedCount
        }
    }

    /// ` (suppressed 1234 similar)`, or nothing.
    public static func note(_ suppressedCount: Int) -> String {
        suppressedCount > 0 ? " (suppressed \(suppressedCount) similar)" : ""
    }
}
