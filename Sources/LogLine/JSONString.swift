/// JSON strings in canonical form: only `"`, `\` and U+0000–U+001F are escaped, with the short forms `\b \t
/// \n \f \r` where there is one, else as `\u00xx` in lowercase; everything else stands as it is.
public enum JSONString {
    /// A control character of one byte takes six: `\u00xx`.
    static let growthMax = 6
    /// How much is escaped at once.
    static let blockBytes = 1024

    /// The text of a string's `content` (what stands between its quotes).
    ///
    /// Precondition: `content` came out of a reader; of anything else some text is returned, never a trap.
    public static func unescape(_ content: UnsafeRawBufferPointer) -> [UInt8] {
        guard let base = content.baseAddress else { return [] }
        let end = content.count
        return [UInt8](unsafeUninitializedCapacity: end) { text, count in
            var from = 0
            while from < end {
                let plain = plainBytes(base, from: from, to: end)
                text.baseAddress.unsafelyUnwrapped.advanced(by: count)
                    .update(from: (base + from).assumingMemoryBound(to: UInt8.self), count: plain)
                count += plain
                from += plain
                guard from < end else { return }
                from += unescapeOne(base + from, bytes: end - from, into: text, count: &count)
            }
        }
    }

    private static func plainBytes(_ base: UnsafeRawPointer, from: Int, to end: Int) -> Int {
        var seen: UInt64 = 0
        return JSONBytes.plainEnd(base, from: from, to: end, seen: &seen) - from
    }

    /// Decodes the escape (or takes over the stray byte) at `at` and returns how many bytes it took. An
    /// escape never has fewer bytes than what it stands for, so `text` has room.
    private static func unescapeOne(
        _ at: UnsafeRawPointer, bytes: Int, into text: UnsafeMutableBufferPointer<UInt8>, count: inout Int
    ) -> Int {
        let first = at.load(as: UInt8.self)
        guard first == JSONBytes.backslash, bytes >= 2 else {
            text[count] = first
            count += 1
            return 1
        }
        let letter = at.load(fromByteOffset: 1, as: UInt8.self)
        guard letter == UInt8(ascii: "u") else {
            text[count] = JSONEscape.byte(ofLetter: letter) ?? letter
            count += 1
            return 2
        }
        let source = UnsafeRawBufferPointer(start: at, count: bytes)
        guard let escape = JSONEscape.scalar(source) else {
            text[count] = letter
            count += 1
            return 2
        }
        for byte in UTF8.encode(escape.scalar) ?? UTF8.encodedReplacementCharacter {
            text[count] = byte
            count += 1
        }
        return escape.bytes
    }
}

/// The escapes of RFC 8259, section 7.
enum JSONEscape {
    /// What `\` and `letter` stand for; nil when it is no short escape.
    static func byte(ofLetter letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "r"): 0x0D
        default: nil
        }
    }

    /// The letter of the short escape of a control character, a quote or a backslash; nil when it has none.
    static func letter(ofByte byte: UInt8) -> UInt8? {
        switch byte {
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0A: UInt8(ascii: "n")
        case 0x0C: UInt8(ascii: "f")
        case 0x0D: UInt8(ascii: "r")
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
        default: nil
        }
    }

    /// The scalar that `\uXXXX`, or two of them as a surrogate pair, at the beginning of `source` stand for,
    /// and their bytes; nil when the digits are none, cut off, or a surrogate without its other half.
    static func scalar(_ source: UnsafeRawBufferPointer) -> (scalar: Unicode.Scalar, bytes: Int)? {
        guard let first = unit(source, at: 0) else { return nil }
        if let scalar = Unicode.Scalar(first) { return (scalar, 6) }
        guard first < 0xDC00, let second = unit(source, at: 6), second >= 0xDC00, second <= 0xDFFF,
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10 | (second - 0xDC00)))
        else { return nil }
        return (scalar, 12)
    }

    /// The code unit of `\uXXXX` at `index`.
    private static func unit(_ source: UnsafeRawBufferPointer, at index: Int) -> UInt32? {
        guard index + 6 <= source.count, source[index] == JSONBytes.backslash,
            source[index + 1] == UInt8(ascii: "u")
        else { return nil }
        var value: UInt32 = 0
        for digit in source[index + 2..<index + 6] {
            guard let nibble = Hexadecimal.nibble(digit, uppercase: true) else { return nil }
            value = value << 4 | UInt32(nibble)
        }
        return value
    }
}

extension ByteBuffer {
    /// Appends `utf8` as a JSON string in canonical form, with its quotes. Precondition: valid UTF-8.
    public func appendJSONString(_ utf8: UnsafeRawBufferPointer) {
        append(JSONBytes.quote)
        appendEscaped(utf8)
        append(JSONBytes.quote)
    }

    /// Appends `utf8` as a JSON string in canonical form, with its quotes. Precondition: valid UTF-8.
    public func appendJSONString(_ utf8: [UInt8]) {
        utf8.withUnsafeBytes { appendJSONString($0) }
    }

    /// Appends the content of a JSON string in canonical form, without quotes. Precondition: valid UTF-8.
    func appendEscaped(_ utf8: UnsafeRawBufferPointer) {
        var from = 0
        while from < utf8.count {
            // By blocks, so that a long text reserves little more than it takes.
            let end = min(from + JSONString.blockBytes, utf8.count)
            let block = UnsafeRawBufferPointer(rebasing: utf8[from..<end])
            reserve(block.count * JSONString.growthMax)
            write { $0.escaped(block) }
            from = end
        }
    }
}
