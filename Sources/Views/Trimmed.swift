import LogLine

/// What was asked for has been dropped from memory to keep within its bound; the log still has it.
public struct Trimmed: Error, Equatable, Sendable {
    /// The oldest line that is still here.
    public let first: Offset

    public init(first: Offset) { self.first = first }
}
