/// The bounds of what a pod pushes to its clients.
public enum DeliveryLimits {
    /// What a catching-up stream is given at a time (but one line always), and in one turn of the loop.
    static let catchUpBytes = 64 << 10
    static let catchUpLines = 256
    static let catchUpLinesPerTurn = 4096
    /// What live streams are sent in one piece (but one line always).
    static let runBytesMax = 64 << 10
    /// Channels that one stream may name.
    static let channelsPerStreamMax = 1000
    /// Streams on one WebSocket, each with its own position.
    static let streamsPerSocketMax = 64
    /// A token in an `auth` command.
    static let tokenBytesMax = 8192
    /// Writes of one WebSocket that wait for their result; with more nothing is read from it.
    static let waitingWritesPerSocketMax = 256
    /// What a client is told to wait before it connects again when this pod shuts down: up to so long, drawn
    /// for each.
    static let reconnectDelayMax = Duration.seconds(3)
    /// Long polls that wait for a message.
    static let waitingPollsMax = 50_000
    /// How often the wall clock is looked at again while a token runs out.
    static let clockCheckInterval = Duration.seconds(60)
}
