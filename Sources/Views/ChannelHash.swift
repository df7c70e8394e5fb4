import LogLine

/// Spreads channel names over a table. Anybody can make channels, so the hash is keyed: without the seed
/// nobody can choose names that collide.
public struct ChannelHash: Sendable {
    private let function: @Sendable (UnsafeRawBufferPointer) -> UInt64

    /// - Parameter seed: random for each process.
    public init(seed: (UInt64, UInt64)) {
        function = { bytes in
            var hash = SipHash13(key: seed, isWide: false)
            hash.combine(bytes)
            return hash.finish64()
        }
    }

    /// A hash of one's own, for tests of collisions.
    init(_ function: @escaping @Sendable (UnsafeRawBufferPointer) -> UInt64) {
        self.function = function
    }

    func callAsFunction(_ bytes: UnsafeRawBufferPointer) -> UInt64 { function(bytes) }
}
