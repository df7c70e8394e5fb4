/// What happened to a follower since its start, for metrics.
public struct FollowerCounters: Sendable, Equatable {
    public internal(set) var linesApplied = 0
    /// Lines that came again.
    public internal(set) var linesSkipped = 0
    /// Fetches by a pod that was ready: gaps, lost heads, doubts and regular checks.
    public internal(set) var repairs = 0
    /// Times the reorder buffer was full and dropped.
    public internal(set) var reorderOverflows = 0
    /// Payloads of another epoch.
    public internal(set) var foreignBatches = 0
    /// Heartbeats of another epoch.
    public internal(set) var foreignHeartbeats = 0
    /// Heartbeats that were older than one before.
    public internal(set) var staleHeartbeats = 0
    /// Times something suggested that our history is not our log's.
    public internal(set) var doubts = 0
    /// Times our log contradicted such a suggestion, or a head that Redis claimed.
    public internal(set) var unfoundedHints = 0
    /// Requests to our log that failed.
    public internal(set) var failedRequests = 0
    /// Times everything was given up.
    public internal(set) var discards = 0
    /// Of these, times our log had another digest at the same offset.
    public internal(set) var digestConflicts = 0

    public init() {}
}
