import LogLine
import Replication

/// What opening a log found and did.
public struct Recovery: Sendable, Equatable {
    public var epoch: Epoch
    /// Whether the epoch was made just now: for a new log, or because acknowledged lines may be missing.
    public var isNewEpoch: Bool
    /// The last line; everything up to it is durable.
    public var head: Offset
    public var digest: Digest
    /// Of the last line; nil when there is none.
    public var time: Timestamp?
    /// The bytes of all lines.
    public var streamEnd: UInt64
    public var segments: Int
    /// What stood behind the last whole line and was taken out; never acknowledged lines in mode `sync`.
    public var cutBytes = 0
    /// Where it is kept.
    public var cutFile: String?
}
