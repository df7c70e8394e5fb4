import LogLine

/// When lines became durable, for the newest of them: what a replica's lag in time is told from.
///
/// Batches that became durable within `ReplicaLimits.durableResolution` count as one. Constant time and
/// memory per batch.
struct DurableTimes: Sendable {
    private struct Batch {
        var through: Offset
        let at: Duration
    }

    /// Ascending; a ring once it is full, whose oldest element is at `start`.
    private var batches: [Batch] = []
    private var start = 0

    private subscript(index: Int) -> Batch { batches[(start + index) % batches.count] }

    mutating func add(through offset: Offset, at now: Duration) {
        if !batches.isEmpty {
            let last = (start + batches.count - 1) % batches.count
            if now - batches[last].at < ReplicaLimits.durableResolution {
                batches[last].through = offset
                return
            }
        }
        guard batches.count == ReplicaLimits.durableTimesMax else {
            return batches.append(Batch(through: offset, at: now))
        }
        batches[start] = Batch(through: offset, at: now)
        start = (start + 1) % batches.count
    }

    /// When the line became durable; for one from before what is remembered, when the oldest did. Nil: it is
    /// not durable yet, or nothing is remembered.
    func time(of offset: Offset) -> Duration? {
        var (low, high) = (0, batches.count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].through < offset { low = middle + 1 } else { high = middle }
        }
        return low < batches.count ? self[low].at : nil
    }
}
