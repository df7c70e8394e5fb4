/// The bounds of what a log knows of its replicas, in one place.
public enum ReplicaLimits {
    /// Of one report.
    public static let reportBytesMax = 2048
    public static let addressBytesMax = 256
    public static let delayBytesMax = 64
    /// Pods that a log knows at a time; what further ones report is passed over.
    public static let replicasMax = 10_000
    /// Incarnations that are remembered as over.
    public static let retiredMax = 4096
    /// How often a pod reports when nothing else makes it.
    public static let reportInterval = Duration.seconds(1)
    /// A pod that has not reported for so long is silent.
    public static let silentAfter = Duration.seconds(3)
    /// A report over Redis that answers no younger heartbeat counts for nothing. More than a pod may take to
    /// leave Redis and the longest simulated delay together.
    public static let heardAgeMax = Duration.seconds(15)
    /// A ready pod that lacks a line for so long lags.
    public static let laggingAfter = Duration.seconds(1)
    /// Batches are told apart in time when they become durable so far apart …
    public static let durableResolution = Duration.milliseconds(1)
    /// … and so many of the newest are remembered: what a pod lacks from before counts as old as the oldest.
    public static let durableTimesMax = 32_768
}
