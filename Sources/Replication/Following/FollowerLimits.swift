/// The bounds of a follower, in one place.
public struct FollowerLimits: Sendable {
    /// How long Redis may take to confirm the subscription before we begin without it.
    public var subscribeWait: Duration = .seconds(1)
    /// How long missing lines may still arrive by themselves before they are fetched.
    public var reorderWait: Duration = .milliseconds(20)
    /// Lines that wait for earlier ones, in bytes and in batches; at the bound all are dropped and fetched
    /// later.
    public var reorderBytesMax = 64 << 20
    public var reorderBatchesMax = 16_384
    /// Redis counts as away when no heartbeat of our epoch came for so long.
    public var heartbeatTimeout: Duration = .seconds(3)
    /// A live tail that brings nothing for so long, not even a heartbeat, is left.
    public var tailTimeout: Duration = .seconds(3)
    /// A range that brings nothing for so long is broken off.
    public var rangeTimeout: Duration = .seconds(10)
    /// How soon our log is asked again after a hint from Redis turned out to be wrong: a forger makes no more
    /// than this of us.
    public var questionInterval: Duration = .seconds(1)
    /// How long we go without our log's confirmation that our history is its.
    public var logCheckInterval: Duration = .seconds(30)
    /// How soon our log is asked again after it failed: doubling from the first to the last, each shortened
    /// by up to half, so that pods do not come all at once.
    public var retryDelayMin: Duration = .milliseconds(100)
    public var retryDelayMax: Duration = .seconds(5)
    /// How far apart two discards are at least.
    public var discardPause: Duration = .seconds(1)

    public init() {}
}
