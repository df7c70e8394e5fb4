/// How far behind the replicas of one moment are, in lines. Pure.
public struct LagSummary: Equatable, Sendable {
    public private(set) var count = 0
    public private(set) var mean = 0.0
    public private(set) var max = 0
    /// The sum of the squared differences from the mean (Welford, Technometrics 1962).
    private var squares = 0.0

    public init() {}

    /// The standard deviation over all of them.
    public var deviation: Double { count == 0 ? 0 : (squares / Double(count)).squareRoot() }

    public mutating func add(_ lag: Int) {
        count += 1
        let difference = Double(lag) - mean
        mean += difference / Double(count)
        squares += difference * (Double(lag) - mean)
        max = Swift.max(max, lag)
    }
}
