/// A place where bytes are not the JSON that was asked for.
struct JSONFault: Error {
    let byte: Int
    /// For example `a string was expected`.
    let trouble: StaticString
    var isDuplicateKey = false
}

/// Where a string's content stands, without its quotes.
struct JSONStringSpan {
    let content: Range<Int>
    let hasEscapes: Bool
}

/// Reads the tokens of RFC 8259 strictly, one at a time.
///
/// Valid strings if and only if: well-formed UTF-8, no raw control characters, only the escapes of section 7,
/// and surrogate escapes only in pairs. In canonical form also: no white space, and escapes exactly as
/// `JSONString` writes them.
struct JSONLexer {
    enum Form { case any, canonical }

    let bytes: UnsafeRawBufferPointer
    let form: Form
    var position: Int

    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, form: Form, position: Int = 0) {
        self.bytes = bytes
        self.form = form
        self.position = position
    }

    /// The byte at `position`; nil at the end.
    @inline(__always)
    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    @inline(__always)
    mutating func skipSpace() {
        guard form == .any else { return }
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            position += 1
        }
    }

    /// Takes `byte` if it comes next.
    @inline(__always)
    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    /// Takes `text` if it comes next.
    @inline(__always)
    mutating func take(word text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count, let base = bytes.baseAddress,
            Memory.equal(base + position, text.utf8Start, count: count)
        else { return false }
        position += count
        return true
    }

    /// A whole string with its quotes.
    mutating func string() throws(JSONFault) -> JSONStringSpan {
        guard take("\"") else { throw JSONFault(byte: position, trouble: "a string was expected") }
        return try stringContent()
    }

    /// The rest of a string whose opening quote has been taken, and its closing quote.
    @inline(__always)
    mutating func stringContent() throws(JSONFault) -> JSONStringSpan {
        let start = position
        guard let base = bytes.baseAddress else {
            throw JSONFault(byte: start, trouble: "the string has no end")
        }
        var seen: UInt64 = 0
        var hasEscapes = false
        while true {
            position = JSONBytes.plainEnd(base, from: position, to: bytes.count, seen: &seen)
            guard position < bytes.count else {
                throw JSONFault(byte: position, trouble: "the string has no end")
            }
            if bytes[position] == JSONBytes.quote { break }
            hasEscapes = true
            try escape()
        }
        let content = start..<position
        if JSONBytes.hasNonASCII(seen), let bad = UTF8Text.firstInvalid(base, in: content) {
            throw JSONFault(byte: bad, trouble: "the string is not valid UTF-8")
        }
        position += 1
        return JSONStringSpan(content: content, hasEscapes: hasEscapes)
    }

    /// One escape; fails at a raw control character.
    private mutating func escape() throws(JSONFault) {
        guard take("\\") else {
            throw JSONFault(byte: position, trouble: "the string contains a raw control character")
        }
        guard let letter = current else { throw JSONFault(byte: position, trouble: "the string has no end") }
        if letter != UInt8(ascii: "u") {
            guard JSONEscape.byte(ofLetter: letter) != nil, form == .any || letter != UInt8(ascii: "/") else {
                throw JSONFault(byte: position, trouble: "the string contains an escape that is none")
            }
            position += 1
            return
        }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[(position - 1)...])
        guard let escape = JSONEscape.scalar(rest) else {
            throw JSONFault(byte: position, trouble: "the string contains a \\u escape that is no character")
        }
        guard form == .any || isCanonical(escape.scalar, digits: position + 3) else {
            throw JSONFault(byte: position, trouble: "the string contains an escape that is not canonical")
        }
        position += escape.bytes - 1
    }

    /// Whether the canonical form writes `scalar` as `\u00xx`, with the last two digits as they are at
    /// `digits`.
    private func isCanonical(_ scalar: Unicode.Scalar, digits: Int) -> Bool {
        guard scalar.value < 0x20, JSONEscape.letter(ofByte: UInt8(scalar.value)) == nil else { return false }
        return bytes[digits + 1] == Hexadecimal.digit(UInt8(scalar.value) & 0xF)
    }

    /// What a string that was read stands for.
    func text(of span: JSONStringSpan) -> [UInt8] {
        let content = UnsafeRawBufferPointer(rebasing: bytes[span.content])
        return span.hasEscapes ? JSONString.unescape(content) : Array(content)
    }

    /// Takes `-? int frac? exp?` (section 6).
    mutating func number() throws(JSONFault) {
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
    }

    private mutating func digits() throws(JSONFault) {
        let start = position
        while let byte = current, byte >= 0x30, byte <= 0x39 { position += 1 }
        guard position > start else { throw JSONFault(byte: position, trouble: "a digit was expected") }
    }

    /// An integer from 0 to `max` without sign, leading zeros, fraction or exponent.
    @inline(__always)
    mutating func unsignedInteger(max: UInt64) throws(JSONFault) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        while let byte = current, byte >= 0x30, byte <= 0x39 {
            let (tens, isTooLong) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooLarge) = tens.addingReportingOverflow(UInt64(byte - 0x30))
            value = sum
            guard !isTooLong, !isTooLarge, value <= max else {
                throw JSONFault(byte: start, trouble: "the number is too large")
            }
            position += 1
        }
        guard position > start else {
            throw JSONFault(byte: position, trouble: "a non-negative integer was expected")
        }
        guard bytes[start] != 0x30 || position == start + 1 else {
            throw JSONFault(byte: start, trouble: "the number has a leading zero")
        }
        if let byte = current, byte == 0x2E || byte == 0x65 || byte == 0x45 {
            throw JSONFault(byte: position, trouble: "a non-negative integer was expected")
        }
        return value
    }
}
