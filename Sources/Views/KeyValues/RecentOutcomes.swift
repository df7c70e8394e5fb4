import LogLine

/// What was so right after each of the newest lines of a kind; of older ones it is forgotten.
struct RecentOutcomes<Outcome> {
    /// Ascending from `start` on, all the way round.
    private var ring: [(offset: Offset, outcome: Outcome)] = []
    private var start = 0
    private let countMax: Int

    init(countMax: Int = KeyValueLimits.recentOutcomesMax) { self.countMax = countMax }

    /// Precondition: behind all before it.
    mutating func add(_ offset: Offset, _ outcome: Outcome) {
        guard ring.count == countMax else { return ring.append((offset, outcome)) }
        ring[start] = (offset, outcome)
        start = (start + 1) % countMax
    }

    /// Nil when the line is forgotten, or none of these.
    func outcome(of offset: Offset) -> Outcome? {
        let index = partitionPoint(0..<ring.count) { self[$0].offset >= offset }
        guard index < ring.count, self[index].offset == offset else { return nil }
        return self[index].outcome
    }

    var bytes: Int { ring.count * MemoryLayout<(Offset, Outcome)>.stride }

    private subscript(index: Int) -> (offset: Offset, outcome: Outcome) { ring[(start + index) % ring.count] }
}
