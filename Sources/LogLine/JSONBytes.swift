/// What the bytes inside a JSON string are (RFC 8259, section 7), eight at a time.
enum JSONBytes {
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    /// The index in `start..<end` of the first byte that cannot stand in a string as it is (a quote, a
    /// backslash or a control character U+0000–U+001F), else `end`. The top bits of `seen` tell whether a
    /// byte before it was not ASCII. Reads nothing outside of `start..<end`.
    @inline(__always)
    static func plainEnd(
        _ base: UnsafeRawPointer, from start: Int, to end: Int, seen: inout UInt64
    ) -> Int {
        var at = start
        while at + 8 <= end {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let stops = stops(in: word)
            guard stops == 0 else {
                let index = stops.trailingZeroBitCount >> 3
                seen |= word & ((1 << (UInt64(index) * 8)) &- 1)
                return at + index
            }
            seen |= word
            at += 8
        }
        while at < end {
            let byte = base.load(fromByteOffset: at, as: UInt8.self)
            guard isPlain(byte) else { return at }
            seen |= UInt64(byte)
            at += 1
        }
        return end
    }

    /// Whether `byte` can stand in a string as it is.
    @inline(__always)
    static func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != quote && byte != backslash }

    @inline(__always)
    static func hasNonASCII(_ seen: UInt64) -> Bool { seen & tops != 0 }

    /// The lowest bit set is the top bit of the first byte that is a quote, a backslash or below 0x20; higher
    /// ones may be wrong (a borrow passes on).
    @inline(__always)
    static func stops(in word: UInt64) -> UInt64 {
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let controls = (word &- ones &* 0x20) & ~word
        return (controls | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes) & tops
    }
}
