/// Fixed-width lowercase hexadecimal numbers, as epochs, digests and crcs are written.
enum Hexadecimal {
    static func parse16(_ digits: some Collection<UInt8>) -> UInt64? {
        guard digits.count == 16 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard let nibble = nibble(digit, uppercase: false) else { return nil }
            value = value << 4 | UInt64(nibble)
        }
        return value
    }

    static func text16(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The value of one digit; nil when it is none.
    @inline(__always)
    static func nibble(_ digit: UInt8, uppercase: Bool) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x61 + 10
        case 0x41...0x46: uppercase ? digit - 0x41 + 10 : nil
        default: nil
        }
    }

    /// The lowercase digit of a value below 16.
    @inline(__always)
    static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x61 - 10 + nibble }

    /// Writes the 8 digits of `value`.
    @inline(__always)
    static func write8(_ value: UInt32, to base: UnsafeMutableRawPointer) {
        base.storeBytes(of: word8(value).bigEndian, as: UInt64.self)
    }

    /// The 8 digits of `value`, the first one in the highest byte: all of them at once.
    @inline(__always)
    static func word8(_ value: UInt32) -> UInt64 {
        var nibbles = UInt64(value)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = (nibbles &+ ones &* 6) >> 4 & ones
        return nibbles &+ ones &* 0x30 &+ letters &* UInt64(0x61 - 0x3A)
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// Whether the 8 bytes at `base` are the digits of `value`.
    @inline(__always)
    static func is8(_ value: UInt32, at base: UnsafeRawPointer) -> Bool {
        UInt64(bigEndian: base.loadUnaligned(as: UInt64.self)) == word8(value)
    }

    /// Nil unless the 8 bytes at `base` are digits of `0-9a-f`.
    @inline(__always)
    static func read8(_ base: UnsafeRawPointer) -> UInt32? {
        var value: UInt32 = 0
        for index in 0..<8 {
            let byte = base.load(fromByteOffset: index, as: UInt8.self)
            guard let nibble = nibble(byte, uppercase: false) else { return nil }
            value = value << 4 | UInt32(nibble)
        }
        return value
    }
}
