/// The bounds of a pod.
public enum PodLimits {
    /// Reads that wait for a position (`at_least`), and changes that wait to be shown.
    static let waitingReadsMax = 10_000
    static let readWaitDefault = Duration.seconds(5)
    /// How long the answer to a change that is durable waits until this pod shows it.
    static let ownWriteWait = Duration.seconds(1)
    static let readWaitMax = Duration.seconds(60)
    /// A heartbeat of the log that is older is not relayed any more.
    static let relayedHeartbeatAge = Duration.milliseconds(1500)
    /// Pods whose log has erased texts start over within so long, each at its own time.
    static let forgettingSpread = Duration.seconds(20)
    /// So many pods in a row that were named and did not feed this one, and it reads from the log itself …
    static let failedFeedersMax = 3
    /// … for so long.
    static let directTime = Duration.seconds(60)
    /// Who has fed for so long did not fail.
    static let feedTimeMin = Duration.seconds(10)
    /// How long a draining pod waits for answers that are under way after its window.
    static let drainGrace = Duration.seconds(10)
    static let drainStep = Duration.milliseconds(100)
    /// How often a write is decided anew because other pods were first.
    static let decisionsMax = 5
    /// For so long after a sign-in its token confirms what else takes a password.
    static let confirmingTokenAge = Duration.seconds(300)
    /// Of one list.
    static let conversationsMax = 10_000
}
