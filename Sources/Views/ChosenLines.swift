import LogLine

/// Which channels a reader follows.
public struct ChannelChoice: Equatable, Sendable {
    /// All public ones.
    public let includesPublic: Bool
    /// Further ones that are not reserved, each once, escaped.
    let channels: [[UInt8]]

    /// - Parameter channels: not escaped.
    public init(includesPublic: Bool = false, channels: [[UInt8]] = []) {
        self.includesPublic = includesPublic
        let escaped = Set(channels.map(ChannelName.escape))
        self.channels = escaped.filter { name in
            let isPublic = name.withUnsafeBytes { ChannelName.isPublic($0) }
            return isPublic ? !includesPublic : name.first == UInt8(ascii: "@")
        }
    }

    public static let allPublic = ChannelChoice(includesPublic: true)
}

/// A part of the lines of some channels.
public struct ChosenLines: Equatable, Sendable {
    /// In the log's order.
    public let runs: [LineRun]
    /// Up to here there are no others: where to read on.
    public let through: Offset
}

extension LogIndex {
    /// The lines of some channels behind `after`, messages and others in the log's order: at most `linesMax`,
    /// and no more than fit into `bytesMax` (but one always). When there are no more of them, `through` is
    /// `last`. Lines of reserved channels (`$…`) are never among them.
    ///
    /// Costs a search in each channel's lists, and then time for the lines found only.
    public func lines(
        of choice: ChannelChoice, after: Offset, bytesMax: Int, linesMax: Int
    ) throws(Trimmed) -> ChosenLines {
        guard after >= first.previous else { throw Trimmed(first: first) }
        guard after < last else { return ChosenLines(runs: [], through: after) }
        var merge = OffsetMerge(lists(of: choice), after: after)
        let table = lineTable
        var runs = LineRuns(bytesLeft: bytesMax, linesLeft: linesMax)
        var through = after
        while let offset = merge.next {
            guard runs.append(Offset(offset), in: table) else {
                return ChosenLines(runs: runs.finish(), through: through)
            }
            through = Offset(offset)
            merge.advance()
        }
        return ChosenLines(runs: runs.finish(), through: last)
    }

    private func lists(of choice: ChannelChoice) -> [AscendingList] {
        var lists = choice.channels.flatMap { self.lists(of: $0) }
        if choice.includesPublic { lists += self.lists(of: nil) }
        return lists
    }
}

/// Ascending lists without a common number, read as one: a binary heap of their next numbers.
private struct OffsetMerge {
    private struct Source {
        let list: AscendingList
        var index: Int
        var number: UInt64
    }

    /// Invariant: none is less than the one at (its place - 1) / 2.
    private var heap: [Source] = []

    init(_ lists: [AscendingList], after: Offset) {
        for list in lists {
            let index = list.index(notBelow: after.next.value)
            if index < list.endIndex { heap.append(Source(list: list, index: index, number: list[index])) }
        }
        heap.sort { $0.number < $1.number }
    }

    /// The least number that is left.
    var next: UInt64? { heap.first?.number }

    /// Takes `next` out.
    mutating func advance() {
        heap[0].index += 1
        if heap[0].index < heap[0].list.endIndex {
            heap[0].number = heap[0].list[heap[0].index]
        } else {
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
        }
        sink()
    }

    private mutating func sink() {
        var at = 0
        while true {
            var least = at
            for child in [2 * at + 1, 2 * at + 2]
            where child < heap.count && heap[child].number < heap[least].number {
                least = child
            }
            guard least != at else { return }
            heap.swapAt(at, least)
            at = least
        }
    }
}
