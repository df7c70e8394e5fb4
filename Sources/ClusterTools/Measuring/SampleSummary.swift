/// What a series of measurements comes to.
public struct SampleSummary: Sendable, Equatable {
    public let count: Int
    public let mean: Double
    /// The standard deviation of the samples themselves (divided by their number).
    public let deviation: Double
    public let min: Double
    public let p50: Double
    public let p95: Double
    public let p99: Double
    public let max: Double

    /// Of no samples everything is 0. A percentile is the smallest sample that so many per cent of all are
    /// not above (nearest rank).
    public init(_ samples: [Double]) {
        let sorted = samples.sorted()
        count = sorted.count
        let mean = count == 0 ? 0 : sorted.reduce(0, +) / Double(count)
        self.mean = mean
        let squares = sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        deviation = count == 0 ? 0 : (squares / Double(count)).squareRoot()
        min = sorted.first ?? 0
        p50 = SampleSummary.percentile(50, of: sorted)
        p95 = SampleSummary.percentile(95, of: sorted)
        p99 = SampleSummary.percentile(99, of: sorted)
        max = sorted.last ?? 0
    }

    private static func percentile(_ percent: Int, of sorted: [Double]) -> Double {
        guard !sorted.isEmpty else { return 0 }
        let rank = (percent * sorted.count + 99) / 100
        return sorted[Swift.max(rank, 1) - 1]
    }
}
