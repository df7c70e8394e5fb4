import LogLine

/// How long to wait after repeated failures: doubling up to a cap, each time shortened by up to half by a
/// jitter that follows from the seed alone.
public struct Backoff: Sendable {
    private let delayMin: Duration
    private let delayMax: Duration
    private var random: SplitMix64
    private(set) var failures = 0

    public init(delayMin: Duration, delayMax: Duration, seed: UInt64) {
        self.delayMin = delayMin
        self.delayMax = delayMax
        random = SplitMix64(seed: seed)
    }

    /// The wait after one more failure.
    public mutating func fail() -> Duration {
        var delay = delayMin
        for _ in 0..<failures where delay < delayMax { delay = delay * 2 }
        failures += 1
        let capped = min(delay, delayMax)
        let jitter = Int(random.next() & 0x1FF)
        return capped * (1024 - jitter) / 1024
    }

    public mutating func succeed() { failures = 0 }
}
