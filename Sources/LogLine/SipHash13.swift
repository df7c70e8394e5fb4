/// SipHash-1-3, with 64 or 128 bits of result, fed piece by piece; where the pieces were cut does not matter.
///
/// Keyed: without the key nobody can choose inputs that collide.
///
/// Source: Aumasson, Bernstein: SipHash: a fast short-input PRF, 2012, with the round numbers that hash
/// tables commonly use (one for each 8 bytes, three at the end), and the authors' 128-bit variant.
@frozen
public struct SipHash13 {
    @usableFromInline var v0: UInt64
    @usableFromInline var v1: UInt64
    @usableFromInline var v2: UInt64
    @usableFromInline var v3: UInt64
    /// The bytes that do not fill a word yet, the first one lowest.
    @usableFromInline var rest: UInt64 = 0
    @usableFromInline var count = 0
    @usableFromInline let isWide: Bool

    /// The constants are the ASCII bytes of "somepseudorandomlygeneratedbytes" (section 2.1 of the paper).
    @inlinable
    public init(key: (low: UInt64, high: UInt64), isWide: Bool) {
        v0 = key.low ^ 0x736F_6D65_7073_6575
        v1 = key.high ^ 0x646F_7261_6E64_6F6D
        v2 = key.low ^ 0x6C79_6765_6E65_7261
        v3 = key.high ^ 0x7465_6462_7974_6573
        self.isWide = isWide
        if isWide { v1 ^= 0xEE }
    }

    @inlinable @inline(__always)
    public mutating func combine(_ byte: UInt8) {
        rest |= UInt64(byte) << UInt64((count & 7) * 8)
        count += 1
        if count & 7 == 0 { compress() }
    }

    @inlinable
    public mutating func combine(_ bytes: UnsafeRawBufferPointer) {
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

    @inlinable
    public mutating func combine(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { combine($0) }
    }

    /// Precondition: made with `isWide: false`.
    @inlinable
    public mutating func finish64() -> UInt64 {
        precondition(!isWide)
        pad()
        v2 ^= 0xFF
        return closingWord()
    }

    /// Precondition: made with `isWide: true`.
    @inlinable
    public mutating func finish128() -> (low: UInt64, high: UInt64) {
        precondition(isWide)
        pad()
        v2 ^= 0xEE
        let low = closingWord()
        v1 ^= 0xDD
        return (low, closingWord())
    }

    @inlinable
    mutating func pad() {
        rest |= UInt64(count & 0xFF) << 56
        compress()
    }

    @inlinable
    mutating func closingWord() -> UInt64 {
        round()
        round()
        round()
        return v0 ^ v1 ^ v2 ^ v3
    }

    @inlinable @inline(__always)
    mutating func compress() {
        v3 ^= rest
        round()
        v0 ^= rest
        rest = 0
    }

    @inlinable @inline(__always)
    mutating func round() {
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
