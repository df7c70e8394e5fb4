/// The secret of one process' fingerprints: drawn at random at its start, so that nobody outside can look for
/// texts whose fingerprints collide.
public struct FingerprintKey: Hashable, Sendable {
    public let low: UInt64
    public let high: UInt64

    public init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }
}

/// 128 bits that stand for a name in the id and key indexes: two names share one with a chance of 2^-128 a
/// pair.
struct Fingerprint: Hashable, Sendable {
    let low: UInt64
    let high: UInt64
}

extension Fingerprint {
    init(_ words: (low: UInt64, high: UInt64)) { self.init(low: words.low, high: words.high) }
}
