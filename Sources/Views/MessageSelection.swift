import LogLine

/// Lines that follow each other without a gap.
public struct LineRun: Equatable, Sendable {
    public let first: Offset
    public let count: Int
    /// Stream positions of all their bytes, newlines included.
    public let positions: Range<UInt64>
}

/// A cursor over the messages a query found, read piece by piece.
///
/// What it covers is settled when it is made: messages that come later are not in it. The index may grow
/// meanwhile; if it drops a message that has not been read yet, `next` throws `Trimmed` and goes on throwing,
/// and `delivered` and `through` tell which part of the log has the rest. Pass always the index it was made
/// of.
public struct MessageSelection {
    private let list: OffsetList?
    private var range: Range<Int>
    /// The messages not yet read lie behind this offset …
    public private(set) var delivered: Offset
    /// … up to this one.
    public let through: Offset
    /// False when older messages that the query also asks for have been dropped before: what is here is only
    /// the newest part of the answer, and the log has the whole.
    public let isComplete: Bool

    fileprivate init(list: OffsetList?, range: Range<Int>, delivered: Offset, isComplete: Bool) {
        self.list = list
        self.range = range
        self.delivered = delivered
        self.isComplete = isComplete
        through = range.isEmpty ? delivered : (list?[range.upperBound - 1] ?? delivered)
    }

    /// How many messages have not been read yet.
    public var count: Int { range.count }
    public var isEmpty: Bool { range.isEmpty }

    /// The next messages: at most `linesMax`, and no more than fit into `bytesMax` (but one always); none at
    /// the end. Neighbours in the log are merged into one run.
    public mutating func next(
        bytesMax: Int, linesMax: Int, in index: LogIndex
    ) throws(Trimmed) -> [LineRun] {
        guard let list, !range.isEmpty else { return [] }
        guard range.lowerBound >= list.firstIndex, list[range.lowerBound] >= index.first else {
            throw Trimmed(first: index.first)
        }
        var runs = LineRuns(bytesLeft: bytesMax, linesLeft: linesMax)
        var at = range.lowerBound
        while at < range.upperBound, runs.append(list[at], in: index) { at += 1 }
        if at > range.lowerBound { delivered = list[at - 1] }
        range = at..<range.upperBound
        return runs.finish()
    }
}

/// Joins lines into runs until a bound is reached.
private struct LineRuns {
    private var runs: [LineRun] = []
    private var first = Offset.zero
    private var count = 0
    private var positions: Range<UInt64> = 0..<0
    private var bytesLeft: Int
    private var linesLeft: Int
    private var isFirst = true

    init(bytesLeft: Int, linesLeft: Int) {
        self.bytesLeft = bytesLeft
        self.linesLeft = linesLeft
    }

    /// False, and nothing happened, when the line does not fit any more.
    mutating func append(_ offset: Offset, in index: LogIndex) -> Bool {
        let isNeighbour = count > 0 && offset == first + count
        let start = isNeighbour ? positions.upperBound : index.position(after: offset.previous)
        let end = index.position(after: offset)
        let bytes = Int(end - start)
        guard linesLeft > 0, isFirst || bytes <= bytesLeft else { return false }
        isFirst = false
        linesLeft -= 1
        bytesLeft -= bytes
        if isNeighbour {
            positions = positions.lowerBound..<end
            count += 1
        } else {
            close()
            (first, count, positions) = (offset, 1, start..<end)
        }
        return true
    }

    consuming func finish() -> [LineRun] {
        var joined = self
        joined.close()
        return joined.runs
    }

    private mutating func close() {
        guard count > 0 else { return }
        runs.append(LineRun(first: first, count: count, positions: positions))
    }
}

extension LogIndex {
    /// The messages that `query` asks for, among a channel's or, with nil, among all public ones. An unknown
    /// channel has none.
    /// - Parameter channel: its name, not escaped.
    public func select(channel: [UInt8]?, _ query: MessageQuery) -> MessageSelection {
        let list = if let channel { messages(of: channel) } else { publicMessages as OffsetList? }
        let range = list.map { query.range(in: $0) } ?? 0..<0
        var delivered = query.after ?? .zero
        if let list, !range.isEmpty, range.lowerBound > list.firstIndex {
            delivered = max(delivered, list[range.lowerBound - 1])
        }
        return MessageSelection(
            list: list, range: range, delivered: delivered,
            isComplete: query.isAnswered(by: range.count, from: first))
    }
}

extension MessageQuery {
    /// The indices of `list` that the query asks for.
    fileprivate func range(in list: OffsetList) -> Range<Int> {
        let low = after.map { list.index(after: $0) } ?? list.firstIndex
        let high = max(low, before.map { list.index(notBefore: $0) } ?? list.endIndex)
        switch count {
        case .all: return low..<high
        case .oldest(let limit): return low..<low + min(limit, high - low)
        case .newest(let limit): return high - min(limit, high - low)..<high
        }
    }

    /// Whether nothing before `first` can belong to an answer of which `found` messages were found from there
    /// on.
    fileprivate func isAnswered(by found: Int, from first: Offset) -> Bool {
        let low = after ?? .zero
        if low >= first.previous { return true }
        if let before, before <= low.next { return true }
        if case .newest(let limit) = count { return found == limit }
        return false
    }
}
