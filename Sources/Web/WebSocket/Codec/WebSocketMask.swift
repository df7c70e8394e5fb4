/// The key with which a client hides its frames from proxies (RFC 6455 5.3): payload byte `i` is XORed with
/// key byte `i` mod 4. Doing it again undoes it.
public struct WebSocketMask: Equatable, Sendable {
    /// Its four bytes as they stand in the frame, the first one lowest.
    let word: UInt32

    /// `bytes`: as they stand in the frame.
    public init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        word = UInt32(first) | UInt32(second) << 8 | UInt32(third) << 16 | UInt32(fourth) << 24
    }

    init(word: UInt32) { self.word = word }

    /// Copies `source` to `target`, masked or unmasked: eight bytes at a time. `offset`: where `source`
    /// stands in its frame's payload. Precondition: `target` has room.
    func apply(
        _ source: UnsafeRawBufferPointer, at offset: Int, to target: UnsafeMutableRawBufferPointer
    ) {
        precondition(target.count >= source.count)
        let turn = UInt32(truncatingIfNeeded: offset & 3) * 8
        let turned = turn == 0 ? word : word >> turn | word << (32 - turn)
        let key = UInt64(turned) << 32 | UInt64(turned)
        var index = 0
        while index + 8 <= source.count {
            let masked = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            target.storeBytes(of: (masked ^ key).littleEndian, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        var rest = key
        while index < source.count {
            target[index] = source[index] ^ UInt8(truncatingIfNeeded: rest)
            rest >>= 8
            index += 1
        }
    }
}
