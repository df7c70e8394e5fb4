import LogLine

/// Numbers that wander: each step is between −1 and 1, and a seed determines all of them.
public struct RandomWalk: Sendable {
    private var places: [Int]
    private var random: SplitMix64

    /// What a step is counted in.
    public static let stepsPerUnit = 1_000
    private static let possibleSteps = UInt64(2 * stepsPerUnit + 1)

    /// - Parameter count: of walkers, who all begin at zero.
    public init(count: Int, seed: UInt64) {
        places = Array(repeating: 0, count: count)
        random = SplitMix64(seed: seed)
    }

    /// One walker's next place.
    public mutating func step(_ walker: Int) -> Double {
        places[walker] += Int(random.next() % RandomWalk.possibleSteps) - RandomWalk.stepsPerUnit
        return Double(places[walker]) / Double(RandomWalk.stepsPerUnit)
    }
}
