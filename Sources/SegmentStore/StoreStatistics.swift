/// What a store has done since it was opened.
public struct StoreStatistics: Sendable, Equatable {
    /// Batches and groups that were acknowledged.
    public var batches: UInt64 = 0
    public var groups: UInt64 = 0
    public var bytesWritten: UInt64 = 0
    /// Groups that were refused.
    public var refusals: UInt64 = 0
    /// Of lines.
    public var syncs: UInt64 = 0
    public var lastSyncDuration: Duration = .zero
    public var noteSyncs: UInt64 = 0
    /// Writes of the note that failed: harmless, the next one replaces them.
    public var noteFailures: UInt64 = 0
    /// Segments begun.
    public var rolls: UInt64 = 0
    /// What waits to be written.
    public var queuedBytes = 0

    public init() {}
}
