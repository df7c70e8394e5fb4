/// Checks text that arrives in pieces, byte for byte, against the table of well-formed UTF-8 (RFC 3629 4;
/// Unicode 3.9, table 3-7): no surrogates, nothing above U+10FFFF, no overlong forms.
struct UTF8Check: Sendable {
    /// Bytes of the current character that are still to come.
    private var left: UInt8 = 0
    /// What the next of them may be; narrower behind some first bytes.
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF

    /// Whether what was read does not end within a character.
    var isComplete: Bool { left == 0 }

    /// Reads on. Returns the index of the first byte that cannot stand where it is; nil: none.
    mutating func firstInvalid(in bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index < bytes.count {
            if left == 0 { index = UTF8Check.skipASCII(bytes, from: index) }
            guard index < bytes.count else { return nil }
            guard accept(bytes[index]) else { return index }
            index += 1
        }
        return nil
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        guard left == 0 else {
            guard byte >= lowest, byte <= highest else { return false }
            expect(left - 1)
            return true
        }
        switch byte {
        case 0x00...0x7F: break
        case 0xC2...0xDF: expect(1)
        case 0xE0: expect(2, from: 0xA0)
        case 0xED: expect(2, to: 0x9F)
        case 0xE1...0xEF: expect(2)
        case 0xF0: expect(3, from: 0x90)
        case 0xF4: expect(3, to: 0x8F)
        case 0xF1...0xF3: expect(3)
        default: return false
        }
        return true
    }

    private mutating func expect(_ count: UInt8, from lowest: UInt8 = 0x80, to highest: UInt8 = 0xBF) {
        left = count
        self.lowest = lowest
        self.highest = highest
    }

    /// The index of the first byte from `start` on that is not ASCII, or the end; a word at a time.
    private static func skipASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index + 8 <= bytes.count,
            bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        {
            index += 8
        }
        while index < bytes.count, bytes[index] < 0x80 { index += 1 }
        return index
    }
}
