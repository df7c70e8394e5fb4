import EventLoop
import LogLine
import Replication
import Views
import Web

/// Where served lines come from: the log's store, or a pod's memory.
@LoopActor
public protocol LineSource: AnyObject {
    /// Of all lines that may be served: everything in it is durable.
    var index: LogIndex { get }
    /// What became of the messages among them.
    var amendments: Amendments { get }
    /// Epoch, newest offset and digest of what is served.
    var identity: LogIdentity { get }

    /// Writes the bytes at `positions`, or the first part of them, to `writer`, now or later; `completion`
    /// says behind which position. Precondition: they are within the index.
    func send(
        _ positions: Range<UInt64>, to writer: BodyWriter,
        _ completion: @escaping @LoopActor @Sendable (Result<UInt64, LogError>) -> Void)

    /// Reads whole lines, at most `ServingLimits.pieceBytes` unless one is larger.
    func read(
        _ runs: [LineRun],
        _ completion: @escaping @LoopActor @Sendable (Result<[ByteSlice], LogError>) -> Void)

    /// The digest at an offset that the index covers.
    func digest(
        at offset: Offset, _ completion: @escaping @LoopActor @Sendable (Result<Digest, LogError>) -> Void)
}

/// The bounds of serving lines.
public enum ServingLimits {
    /// What is read or given to a socket at a time.
    public static let pieceBytes = 256 * 1024
    public static let pieceLines = 4096
    /// The same where messages were amended: one of them can become much longer than its line.
    public static let amendedPieceLines = 512
    /// A region of a file given to `sendfile` at a time.
    public static let regionBytes: UInt64 = 4 << 20
    /// Lines in memory given to a socket at a time, without a copy; they are held until they are sent.
    public static let sharedBytes = 1 << 20
    public static let heartbeatInterval = Duration.seconds(1)
}
