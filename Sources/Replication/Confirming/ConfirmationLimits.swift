/// The bounds of confirmed writes, in one place.
public enum ConfirmationLimits {
    /// Writes that wait at a time; a further one is refused.
    public static let waitsMax = 16_384
    public static let timeoutDefault = Duration.seconds(5)
    public static let timeoutMax = Duration.seconds(60)
    /// For so long after its start a log does not know all pods yet, and grants neither majority nor all.
    public static let gatherTime = Duration.seconds(5)
    /// How soon the log repeats its question to the pods while somebody waits.
    public static let repetition = Duration.milliseconds(200)
    /// How often waits are looked through for those whose time is over.
    public static let sweepInterval = Duration.milliseconds(50)
    /// For so long after a wait the log asks the pods with every batch, before anybody waits for it.
    public static let expectTime = Duration.milliseconds(50)
    /// How often the log looks how long a line takes to be visible on all pods …
    public static let sampleInterval = Duration.seconds(1)
    /// … and how long it waits for the slowest one.
    public static let sampleTimeout = Duration.seconds(10)
    /// Samples that the quantiles are told from.
    public static let samplesMax = 300
    /// Waits in one body of `/confirmations`, and their bytes.
    public static let waitsPerRequestMax = 16_384
    public static let requestBytesMax = 2 << 20
}
