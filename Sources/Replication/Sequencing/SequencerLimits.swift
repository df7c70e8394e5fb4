/// The bounds of a sequencer.
public struct SequencerLimits: Sendable {
    /// How many of the newest ids are remembered for retries.
    public var idEntriesMax = 1_000_000
    /// Lines that are admitted and not durable yet; beyond it drafts are refused as overload.
    public var pendingLinesMax = 262_144
    /// Their bytes; exceeded by one line at most.
    public var pendingBytesMax = 64 << 20

    public init() {}
}
