/// The bounds of sockets.
public enum ConnectionLimits {
    /// One `recv`.
    public static let receiveBytes = 65_536
    /// What one connection may receive in one turn before the others get theirs.
    static let receiveBytesPerTurn = 4 * receiveBytes
    /// What one connection may send in one turn before the others get theirs.
    static let sendBytesPerTurn = 1 << 20
    /// Pieces in one `writev`.
    static let piecesPerSend = 64
    /// A slice up to this size is copied behind its predecessor instead of becoming a piece of its own.
    static let copiedSliceBytesMax = 1024
    /// What a socket's small writes of one turn are given room for at first: an ordinary answer.
    static let tailBytes = 512
    /// Below this much unsent, a handler that has more to say is asked for it.
    public static let lowWaterBytes = 128 * 1024
    /// After a graceful close, how long and how much input is still read away so that our last answer is not
    /// lost to a reset.
    static let lingerTime = Duration.seconds(2)
    static let lingerBytesMax = 16 << 20
    /// Connections accepted in one turn.
    static let acceptsPerTurn = 64
    /// How long accepting rests when the process has no descriptors left.
    static let acceptPause = Duration.milliseconds(100)
    static let listenBacklog: Int32 = 1024
}
