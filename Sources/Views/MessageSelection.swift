import LogLine

/// Lines that follow each other without a gap.
public struct LineRun: Equatable, Sendable {
    public let first: Offset
    public let count: Int
    /// Stream positions of all their bytes, newlines included.
    public let positions: Range<UInt64>

    /// Behind the last one.
    public var end: Offset { first + count }
}

/// A cursor over the messages a query found, read piece by piece. A plain value: it knows offsets only.
///
/// What it covers is settled when it is made: messages that come later are not in it. The index may grow
/// meanwhile; if it drops a message that has not been read yet, `next` throws `Trimmed` and goes on throwing,
/// and `delivered` and `through` tell which part of the log has the rest. Pass always the index it was made
/// of.
public struct MessageSelection: Equatable, Sendable {
    /// Its name, escaped; nil: all public channels.
    private let channel: [UInt8]?
    /// The messages not yet read lie behind this offset …
    public private(set) var delivered: Offset
    /// … up to this one.
    public let through: Offset
    /// How many messages have not been read yet.
    public private(set) var count: Int
    /// False when older messages that the query also asks for have been dropped before: what is here is only
    /// the newest part of the answer, and the log has the whole.
    public let isComplete: Bool

    public var isEmpty: Bool { count == 0 }

    /// What `query` selects from `list`, of which everything before `first` has been dropped.
    init(_ query: MessageQuery, of channel: [UInt8]?, in list: AscendingList, from first: Offset) {
        let here = list.index(notBelow: first.value)..<list.endIndex
        let range = query.range(in: list, among: here)
        // Behind what stands before the answer here; what has been dropped stands before it in any case.
        var after = max(query.after ?? .zero, first.previous)
        if range.lowerBound > here.lowerBound { after = max(after, Offset(list[range.lowerBound - 1])) }
        self.channel = channel
        delivered = after
        through = range.isEmpty ? after : Offset(list[range.upperBound - 1])
        count = range.count
        isComplete = query.isAnswered(by: range.count, from: first)
    }

    /// The next messages: at most `linesMax`, and no more than fit into `bytesMax` (but one always); none at
    /// the end. Neighbours in the log are merged into one run.
    public mutating func next(
        bytesMax: Int, linesMax: Int, in index: LogIndex
    ) throws(Trimmed) -> [LineRun] {
        guard count > 0 else { return [] }
        let (list, range) = try remaining(in: index)
        let lines = index.lineTable
        var runs = LineRuns(bytesLeft: bytesMax, linesLeft: linesMax)
        var at = range.lowerBound
        while at < range.upperBound, runs.append(Offset(list[at]), in: lines) { at += 1 }
        count = range.upperBound - at
        if at > range.lowerBound { delivered = Offset(list[at - 1]) }
        return runs.finish()
    }

    /// Invariant: between `delivered` and `through` stand `count` messages; nothing but a trim makes them
    /// fewer.
    private func remaining(
        in index: LogIndex
    ) throws(Trimmed) -> (list: AscendingList, range: Range<Int>) {
        let list = index.offsets(of: channel)
        let low = list.index(notBelow: max(delivered.next, index.first).value)
        let high = list.index(notBelow: through.next.value)
        guard high - low == count else { throw Trimmed(first: index.first) }
        return (list, low..<high)
    }
}

/// Joins lines into runs until a bound is reached.
struct LineRuns {
    private var runs: [LineRun] = []
    private var first = Offset.zero
    private var count = 0
    private var positions: Range<UInt64> = 0..<0
    private var bytesLeft: Int
    private var linesLeft: Int

    init(bytesLeft: Int, linesLeft: Int) {
        self.bytesLeft = bytesLeft
        self.linesLeft = linesLeft
    }

    /// False, and nothing happened, when the line does not fit any more.
    mutating func append(_ offset: Offset, in lines: LineTable) -> Bool {
        let isNeighbour = count > 0 && offset == first + count
        let start = isNeighbour ? positions.upperBound : lines.position(after: offset.previous)
        let end = lines.position(after: offset)
        let bytes = Int(end - start)
        guard linesLeft > 0, count == 0 || bytes <= bytesLeft else { return false }
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
        close()
        return runs
    }

    private mutating func close() {
        guard count > 0 else { return }
        runs.append(LineRun(first: first, count: count, positions: positions))
    }
}

extension MessageQuery {
    /// The indices of `list` that the query asks for, of those in `here`.
    fileprivate func range(in list: AscendingList, among here: Range<Int>) -> Range<Int> {
        let low = after.map { max(here.lowerBound, list.index(behind: $0)) } ?? here.lowerBound
        let high = before.map { max(low, list.index(notBelow: $0.value)) } ?? here.upperBound
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

extension AscendingList {
    /// The index of the first number behind `offset`.
    fileprivate func index(behind offset: Offset) -> Int {
        offset.value == .max ? endIndex : index(notBelow: offset.value + 1)
    }
}
