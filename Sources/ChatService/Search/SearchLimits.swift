/// The bounds of search.
enum SearchLimits {
    static let queryBytesMax = 256
    static let resultsMax = 100
    static let resultsDefault = 20
    /// How many matches the index is asked for at once; some may be of rooms that the reader is not in.
    static let hitsPerRound = 500
    /// How often it is asked for one page; then the answer says where to go on.
    static let roundsMax = 10
    /// A position to go on from that is no visible message's is rounded up to a multiple of this.
    static let positionGrid: UInt64 = 4096
    /// Lines taken in at once, and their bytes: bounds the time that the loop spends on them.
    static let batchLinesMax = 256
    static let batchBytesMax = 128 * 1024
    /// Between two batches, so that delivery is not disturbed.
    static let batchPause = Duration.milliseconds(10)
    /// How long fewer lines than a batch wait for more, unless somebody searches.
    static let gatherTime = Duration.milliseconds(250)
    /// With a bound of the pod's memory, the index starts anew when it has more lines that memory has dropped
    /// than it holds, and more than this.
    static let droppedLinesMin = 10_000
}
