import LogLine

/// What counters stood at right after the newest additions, of all counters together; older ones are
/// forgotten.
struct RecentSums {
    /// Ascending from `start` on, all the way round.
    private var ring: [(offset: Offset, sum: Int64)] = []
    private var start = 0
    private let countMax: Int

    init(countMax: Int = KeyValueLimits.recentSumsMax) { self.countMax = countMax }

    /// Precondition: behind all before it.
    mutating func add(_ offset: Offset, _ sum: Int64) {
        guard ring.count == countMax else { return ring.append((offset, sum)) }
        ring[start] = (offset, sum)
        start = (start + 1) % countMax
    }

    /// Nil when the line is forgotten, or none of these.
    func sum(after offset: Offset) -> Int64? {
        let index = partitionPoint(0..<ring.count) { self[$0].offset >= offset }
        guard index < ring.count, self[index].offset == offset else { return nil }
        return self[index].sum
    }

    var bytes: Int { ring.capacity * MemoryLayout<(Offset, Int64)>.stride }

    private subscript(index: Int) -> (offset: Offset, sum: Int64) { ring[(start + index) % ring.count] }
}
