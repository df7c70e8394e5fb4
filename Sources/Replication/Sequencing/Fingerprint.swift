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

/// SipHash-1-3, with 64 or 128 bits of result, fed piece by piece; where the pieces were cut does not matter.
///
/// Source: Aumasson, Bernstein: SipHash: a fast short-input PRF, 2012, and the authors' 128-bit variant.
struct FingerprintHasher {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64
    /// The bytes that do not fill a word yet, the first one lowest.
    private var rest: UInt64 = 0
    private var count = 0
    private let isWide: Bool

    init(key: FingerprintKey, isWide: Bool) {
        v0 = key.low ^ 0x736F_6D65_7073_6575
        v1 = key.high ^ 0x646F_7261_6E64_6F6D
        v2 = key.low ^ 0x6C79_6765_6E65_7261
        v3 = key.high ^ 0x7465_6462_7974_6573
        self.isWide = isWide
        if isWide { v1 ^= 0xEE }
    }

    @inline(__always)
    mutating func combine(_ byte: UInt8) {
        rest |= UInt64(byte) << UInt64((count & 7) * 8)
        count += 1
        if count & 7 == 0 { compress() }
    }

    mutating func combine(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        let shift = UInt64((count & 7) * 8)
        var at = 0
        while at + 8 <= bytes.count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            rest |= word << shift
            compress()
            rest = shift == 0 ? 0 : word >> (64 - shift)
            at += 8
        }
        count += at
        while at < bytes.count {
            combine(base.load(fromByteOffset: at, as: UInt8.self))
            at += 1
        }
    }

    mutating func combine(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { combine($0) }
    }

    /// Precondition: made with `isWide: false`.
    mutating func finish64() -> UInt64 {
        precondition(!isWide)
        pad()
        v2 ^= 0xFF
        return closingWord()
    }

    /// Precondition: made with `isWide: true`.
    mutating func finish128() -> Fingerprint {
        precondition(isWide)
        pad()
        v2 ^= 0xEE
        let low = closingWord()
        v1 ^= 0xDD
        return Fingerprint(low: low, high: closingWord())
    }

    private mutating func pad() {
        rest |= UInt64(count & 0xFF) << 56
        compress()
    }

    private mutating func closingWord() -> UInt64 {
        round()
        round()
        round()
        return v0 ^ v1 ^ v2 ^ v3
    }

    @inline(__always)
    private mutating func compress() {
        v3 ^= rest
        round()
        v0 ^= rest
        rest = 0
    }

    @inline(__always)
    private mutating func round() {
        v0 = v0 &+ v1
        v1 = (v1 << 13 | v1 >> 51) ^ v0
        v0 = v0 << 32 | v0 >> 32
        v2 = v2 &+ v3
        v3 = (v3 << 16 | v3 >> 48) ^ v2
        v0 = v0 &+ v3
        v3 = (v3 << 21 | v3 >> 43) ^ v0
        v2 = v2 &+ v1
        v1 = (v1 << 17 | v1 >> 47) ^ v2
        v2 = v2 << 32 | v2 >> 32
    }
}
