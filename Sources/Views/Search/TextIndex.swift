import LogLine

/// One change to the texts that can be searched.
public enum TextChange: Equatable, Sendable {
    /// A text that was not there.
    case insert(Offset, [UInt8])
    /// A text as it was inserted.
    case remove(Offset, [UInt8])
}

/// The messages that match, newest first.
public struct TextHits: Equatable, Sendable {
    public let offsets: [Offset]
    /// The newest line that the index had taken in.
    public let through: Offset

    public init(offsets: [Offset], through: Offset) {
        self.offsets = offsets
        self.through = through
    }
}

public enum TextIndexError: Error, Equatable, Sendable {
    /// So many questions wait already.
    case busy(waiting: Int)
    /// The index is of no use any more, and says why.
    case failed(String)
}

/// An index of texts, by the offsets of their messages. Everything is done in the order in which it was asked
/// for, on a thread of the index' own, where each answer is given, exactly once: what belongs to a loop has
/// to be taken there by the closure.
public protocol TextIndex: Sendable {
    /// Takes in what the lines up to `through` changed. The next batch is to wait for `completion`: that
    /// bounds what is under way.
    func apply(
        _ changes: [TextChange], through: Offset,
        _ completion: @escaping @Sendable (TextIndexError?) -> Void)

    /// The newest `limit` messages before `before` that hold all words, whatever their case and diacritics;
    /// the last word may be longer there.
    func find(
        _ words: SearchWords, before: Offset, limit: Int,
        _ answer: @escaping @Sendable (Result<TextHits, TextIndexError>) -> Void)

    /// Forgets everything.
    func clear()
}
