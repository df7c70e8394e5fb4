/// Spreads channel names over a table. Anybody can make channels, so the hash is keyed: without the seed
/// nobody can choose names that collide.
///
/// SipHash-1-3 (Aumasson, Bernstein: SipHash, a fast short-input PRF, 2012; with the round numbers that hash
/// tables commonly use): one round for each 8 bytes, three at the end.
public struct ChannelHash: Sendable {
    private let function: @Sendable (UnsafeRawBufferPointer) -> UInt64

    /// - Parameter seed: random for each process.
    public init(seed: (UInt64, UInt64)) {
        function = { SipState(key: seed).hash($0) }
    }

    /// A hash of one's own, for tests of collisions.
    init(_ function: @escaping @Sendable (UnsafeRawBufferPointer) -> UInt64) {
        self.function = function
    }

    func callAsFunction(_ bytes: UnsafeRawBufferPointer) -> UInt64 { function(bytes) }
}

private struct SipState {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    /// The constants are the ASCII bytes of "somepseudorandomlygeneratedbytes" (section 2.1 of the paper).
    init(key: (UInt64, UInt64)) {
        v0 = key.0 ^ 0x736f_6d65_7073_6575
        v1 = key.1 ^ 0x646f_7261_6e64_6f6d
        v2 = key.0 ^ 0x6c79_6765_6e65_7261
        v3 = key.1 ^ 0x7465_6462_7974_6573
    }

    consuming func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = self
        let whole = bytes.count & ~7
        for at in stride(from: 0, to: whole, by: 8) {
            state.absorb(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
        }
        var rest = UInt64(truncatingIfNeeded: bytes.count) << 56
        for at in whole..<bytes.count { rest |= UInt64(bytes[at]) << UInt64(8 * (at - whole)) }
        state.absorb(rest)
        state.v2 ^= 0xff
        for _ in 0..<3 { state.round() }
        return state.v0 ^ state.v1 ^ state.v2 ^ state.v3
    }

    private mutating func absorb(_ word: UInt64) {
        v3 ^= word
        round()
        v0 ^= word
    }

    private mutating func round() {
        v0 &+= v1
        v1 = Self.rotate(v1, 13) ^ v0
        v0 = Self.rotate(v0, 32)
        v2 &+= v3
        v3 = Self.rotate(v3, 16) ^ v2
        v0 &+= v3
        v3 = Self.rotate(v3, 21) ^ v0
        v2 &+= v1
        v1 = Self.rotate(v1, 17) ^ v2
        v2 = Self.rotate(v2, 32)
    }

    private static func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 {
        word &<< bits | word &>> (64 - bits)
    }
}
