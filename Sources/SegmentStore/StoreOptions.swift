/// When a line counts as durable.
public enum Durability: Sendable, Equatable {
    /// After an `fdatasync`: acknowledged lines survive the loss of power.
    case sync
    /// After the write; `fdatasync` follows within the interval. Survives the end of the process, not of the
    /// machine.
    case interval(Duration)
    /// After the write; the kernel syncs when it likes, the store at each roll and at `close`.
    case none

    /// As the setting writes it.
    public var name: String {
        switch self {
        case .sync: "sync"
        case .interval: "interval"
        case .none: "none"
        }
    }
}

/// How a store is to work.
public struct StoreOptions: Sendable {
    public var durability: Durability
    /// A segment closes before it would grow beyond this; one group of lines that is larger gets a segment of
    /// its own.
    public var segmentBytesMax: Int
    /// Within which time all sealed segments are read again to see whether they are still what was written;
    /// zero: they are not.
    public var scrubInterval: Duration

    public init(
        durability: Durability = .sync, segmentBytesMax: Int = 64 << 20, scrubInterval: Duration = .zero
    ) {
        precondition(segmentBytesMax > 0)
        self.scrubInterval = scrubInterval
        self.durability = durability
        self.segmentBytesMax = segmentBytesMax
    }
}

/// The store's bounds.
public enum StoreLimits {
    /// How much is written and synced together; a single larger batch goes alone.
    public static let groupBytesMax = 4 << 20
    /// How old the last sync of the note may get while lines are written.
    public static let noteSyncInterval: Duration = .seconds(1)
    /// How many segments besides the one being written stay open.
    public static let openSegmentsMax = 64
    /// How many threads read for `read` and `warm`.
    public static let readerThreads = 2
    /// Ranges that lie no further apart are read in one go.
    public static let readGapBytesMax = 4096
    /// How much recovery and inspection read at a time.
    public static let scanBytes = 1 << 20
}
