/// How long to wait after repeated failures: doubling up to a cap, each time shortened by up to half by a
/// jitter that follows from the seed alone.
public struct Backoff: Sendable {
    private let delayMin: Duration
    private let delayMax: Duration
    private var state: UInt64
    private(set) var failures = 0

    public init(delayMin: Duration, delayMax: Duration, seed: UInt64) {
        self.delayMin = delayMin
        self.delayMax = delayMax
        state = seed
    }

    /// The wait after one more failure.
    public mutating func fail() -> Duration {
        var delay = delayMin
        for _ in 0..<failures where delay < delayMax { delay = delay * 2 }
        failures += 1
        let capped = min(delay, delayMax)
        let jitter = Int(nextRandom() & 0x1FF)
        return capped * (1024 - jitter) / 1024
    }

    public mutating func succeed() { failures = 0 }

    /// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    private mutating func nextRandom() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
