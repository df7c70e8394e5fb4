/// The sizes that views are built of.
public enum ViewLimits {
    /// Of one query, in messages.
    public static let pageMessagesMax = 10_000
    /// Entries of one chunk of an `AscendingList`.
    static let chunkEntriesMax = 8_192
    /// Entries of one chunk of a short list whose front has been dropped.
    static let chunkEntriesMin = 64
    /// Entries that a new list has room for.
    static let chunkReserve = 4
    /// A digest is kept for every so many lines, so that any other costs at most one less crcs.
    static let digestInterval: UInt64 = 256
    /// How many channels are looked at for each line that is dropped. A line empties one channel at most;
    /// with 4 looks each, about a third of the channels are empty ones at worst.
    static let sweptPerLine = 4
    /// Bytes of one block of a `History`; with a small history less, so that trimming stays fine-grained.
    static let blockBytesMax = 1 << 20
    static let blockBytesMin = 4_096
    /// Into how many blocks a bounded history is cut at least.
    static let blocksPerHistory = 16
    /// How many bytes of a refused value an error repeats.
    static let quotedBytesMax = 40
}
