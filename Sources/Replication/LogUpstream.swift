import LogLine

/// Port: where a pod's lines come from: its log, or a pod that passes the log's lines on.
///
/// Conformances are bound to one thread (the event loop's); all closures are called there.
public protocol LineUpstream: AnyObject {
    /// Opens a stream of lines. `onEvent` gets `started` once, then bytes, and in any case `ended` once,
    /// unless it was closed before.
    func open(_ request: LogRequest, onEvent: @escaping (LogStreamEvent) -> Void)

    /// Breaks a stream off: nothing more is heard of it.
    func close(_ request: Int)
}

/// Port: a pod's way to its own log.
public protocol LogUpstream: LineUpstream {
    /// Forwards a draft that carries an id, in the order of the calls. `completion` is called once, within
    /// the write timeout: with the log's result, or with 503 when the draft was not passed on, or 504 when it
    /// is not known what became of it.
    func append(_ draft: Draft, completion: @escaping (AppendResult) -> Void)

    /// Tells the log of this pod. `completion` is called once, within a few seconds: with the log's answer,
    /// or with why there is none.
    func report(_ report: ReplicaReport, completion: @escaping (Result<ReportAnswer, Problem>) -> Void)

    /// Waits until as many pods as required have applied the line at a position of the log. `completion` is
    /// called once, little later than `timeout` at most: `.unknown` when the log could not be asked.
    func confirm(
        _ position: Position, _ requirement: ConfirmationRequirement, timeout: Duration,
        completion: @escaping (ConfirmationResult) -> Void)

    /// Writes that wait for pods.
    var waitingConfirmations: Int { get }

    /// Passes a read on: `target` is the path with its query.
    func read(_ target: String, accept: String?, onEvent: @escaping (PassedReadEvent) -> Void)
        -> any PassedRead

    /// Whether the stream for writes is open.
    var isReachable: Bool { get }
    /// Writes that wait for their result.
    var waitingWrites: Int { get }
}

public enum LogStreamEvent {
    /// The log's headers Log-Epoch and Log-Head.
    case started(epoch: Epoch, head: Offset)
    /// Valid during the call only; cut anywhere.
    case bytes(UnsafeRawBufferPointer)
    /// `reason`: for the operator, when it did not end as it should.
    case ended(StreamEnd, reason: String?)
}

/// A read under way.
public protocol PassedRead: AnyObject {
    func pause()
    func resume()
    func cancel()
}

public enum PassedReadEvent {
    /// `fields`: those of the log's answer that are the reader's, too, with names in lowercase.
    case started(status: Int, fields: [(name: String, value: String)], length: Int?)
    /// Valid during the call only.
    case bytes(UnsafeRawBufferPointer)
    case ended
    /// `hasStarted`: part of the answer has come.
    case failed(reason: String)
}
