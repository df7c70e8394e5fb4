import LogLine

/// What the log has asked a pod to report, and what it has not reached yet. Pure.
///
/// A repeated question is answered again: the answer to the first may have been lost.
public struct ConfirmationAsks: Sendable {
    /// The least and the greatest offset that is asked for and not applied.
    private var pending: ClosedRange<Offset>?

    public init() {}

    /// - Returns: whether to report now.
    public mutating func ask(_ offset: Offset, applied: Offset) -> Bool {
        guard offset > applied else { return true }
        pending = min(pending?.lowerBound ?? offset, offset)...max(pending?.upperBound ?? offset, offset)
        return false
    }

    /// - Returns: whether to report now, because something that was asked for is reached.
    public mutating func applied(_ offset: Offset) -> Bool {
        guard let asked = pending, offset >= asked.lowerBound else { return false }
        pending = offset < asked.upperBound ? asked.upperBound...asked.upperBound : nil
        return true
    }
}
