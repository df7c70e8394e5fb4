/// Writes at a pointer, front to back. Precondition of everything: there is room.
struct LineWriter {
    private(set) var at: UnsafeMutableRawPointer

    @inline(__always)
    init(_ at: UnsafeMutableRawPointer) { self.at = at }

    @inline(__always)
    mutating func byte(_ byte: UInt8) {
        at.storeBytes(of: byte, as: UInt8.self)
        at += 1
    }

    @inline(__always)
    mutating func word(_ word: StaticString) {
        at.copyMemory(from: word.utf8Start, byteCount: word.utf8CodeUnitCount)
        at += word.utf8CodeUnitCount
    }

    /// In decimal, without leading zeros: at most 20 bytes.
    @inline(__always)
    mutating func decimal(_ value: UInt64) {
        var digits = 1
        var rest = value
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        rest = value
        for index in stride(from: digits - 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
            at.storeBytes(of: digit, toByteOffset: index, as: UInt8.self)
            rest /= 10
        }
        at += digits
    }

    @inline(__always)
    mutating func time(_ time: Timestamp) { at += TimestampText.write(time, to: at) }

    /// 8 hexadecimal digits.
    @inline(__always)
    mutating func crc(_ crc: UInt32) {
        Hexadecimal.write8(crc, to: at)
        at += 8
    }

    /// `word`, which ends with a quote, then `text` escaped, and the closing quote.
    @inline(__always)
    mutating func field(_ word: StaticString, _ text: [UInt8]) {
        self.word(word)
        closed(text)
    }

    /// `text` escaped, and a closing quote.
    @inline(__always)
    mutating func closed(_ text: [UInt8]) {
        text.withUnsafeBytes { escaped($0) }
        byte(JSONBytes.quote)
    }

    /// The content of a JSON string in canonical form: at most `JSONString.growthMax` times the bytes of
    /// `text`.
    @inline(__always)
    mutating func escaped(_ text: UnsafeRawBufferPointer) {
        guard let base = text.baseAddress else { return }
        var from = 0
        while from + 8 <= text.count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: from, as: UInt64.self))
            // Whatever is behind a stop is overwritten: each of the 8 bytes has room for its escape.
            at.storeBytes(of: word.littleEndian, as: UInt64.self)
            let stops = JSONBytes.stops(in: word)
            guard stops != 0 else {
                at += 8
                from += 8
                continue
            }
            let plain = stops.trailingZeroBitCount >> 3
            at += plain
            from += plain
            escape(text[from])
            from += 1
        }
        while from < text.count {
            let next = text[from]
            if JSONBytes.isPlain(next) { byte(next) } else { escape(next) }
            from += 1
        }
    }

    private mutating func escape(_ next: UInt8) {
        if let letter = JSONEscape.letter(ofByte: next) {
            byte(JSONBytes.backslash)
            return byte(letter)
        }
        word("\\u00")
        byte(Hexadecimal.digit(next >> 4))
        byte(Hexadecimal.digit(next & 0xF))
    }
}
