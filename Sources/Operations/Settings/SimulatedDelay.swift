/// A time, or a range of times from which one is drawn: `1ms`, `0.1ms-1ms`.
public struct SimulatedDelay: Equatable, Sendable, CustomStringConvertible {
    public let range: ClosedRange<Duration>
    /// As it was written.
    public let description: String

    public static let durationMax = Duration.seconds(10)

    /// Nil when it is none.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let bounds = parts.compactMap { SettingNumber.duration(String($0), in: .zero...Self.durationMax) }
        guard bounds.count == parts.count, let least = bounds.first, let most = bounds.last, least <= most
        else { return nil }
        range = least...most
        description = text
    }

    public func draw() -> Duration {
        let nanoseconds =
            Int64(range.lowerBound / .nanoseconds(1))...Int64(range.upperBound / .nanoseconds(1))
        return .nanoseconds(Int64.random(in: nanoseconds))
    }
}
