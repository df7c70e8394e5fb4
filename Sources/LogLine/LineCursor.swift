/// Walks over a line that is trusted to be canonical: fails rather than misreads where it is not, and reads
/// nothing outside of it.
struct LineCursor {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position: Int

    /// `end` is where the crc field begins.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, end: Int, position: Int = 0) {
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        self.position = position
    }

    var end: Int { bytes.count }

    /// Everything up to the opening quote of the channel, checked by its rules.
    @inline(__always)
    mutating func prefix() throws(LineError) -> (offset: Offset, time: Timestamp) {
        var lexer = JSONLexer(bytes, form: .canonical)
        guard lexer.take(word: LineLayout.offset) else { throw malformed("offset was expected", at: 0) }
        let valueStart = lexer.position
        let offset: UInt64
        do { offset = try lexer.unsignedInteger(max: LineLimits.offsetMax) } catch { throw LineError(error) }
        guard offset > 0 else {
            throw LineError(.invalidField, byte: valueStart, "offset is 0; the first is 1")
        }
        guard lexer.take(word: LineLayout.time) else {
            throw malformed("time was expected", at: lexer.position)
        }
        let time = try time(at: lexer.position)
        lexer.position += Timestamp.textBytes
        guard lexer.take(word: LineLayout.channel) else {
            throw malformed("channel was expected", at: lexer.position)
        }
        position = lexer.position
        return (Offset(offset), time)
    }

    @inline(__always)
    private func time(at start: Int) throws(LineError) -> Timestamp {
        guard start + Timestamp.textBytes <= end,
            let time = Timestamp(UnsafeRawBufferPointer(rebasing: bytes[start..<start + Timestamp.textBytes]))
        else { throw LineError(.invalidField, byte: start, "time is not YYYY-MM-DDTHH:MM:SS.mmmZ") }
        return time
    }

    /// Whether there is a kind: it stands before all other fields that this version knows.
    @inline(__always)
    mutating func hasKind() throws(LineError) -> Bool {
        if isAt(LineLayout.author) || isAt(LineLayout.text) || isAt(LineLayout.id) { return false }
        while let name = try nextName() {
            if let field = LineField(name: name) { return field == .kind }
            _ = try value()
        }
        return false
    }

    @inline(__always)
    private func isAt(_ field: StaticString) -> Bool {
        let count = field.utf8CodeUnitCount
        guard let base = bytes.baseAddress, position + count <= end else { return false }
        return Memory.equal(base + position, field.utf8Start, count: count)
    }

    /// The comma, the name of the next field and its colon; nil at the end.
    @inline(__always)
    mutating func nextName() throws(LineError) -> UnsafeRawBufferPointer? {
        guard position < end else { return nil }
        guard position + 1 < end, bytes[position] == UInt8(ascii: ","), bytes[position + 1] == JSONBytes.quote
        else { throw malformed("a field was expected", at: position) }
        position += 2
        let name = try stringContent()
        guard position < end, bytes[position] == UInt8(ascii: ":") else {
            throw malformed("':' was expected", at: position)
        }
        position += 1
        return UnsafeRawBufferPointer(rebasing: bytes[name])
    }

    /// The content of a whole string.
    @inline(__always)
    mutating func string() throws(LineError) -> Range<Int> {
        guard position < end, bytes[position] == JSONBytes.quote else {
            throw malformed("a string was expected", at: position)
        }
        position += 1
        return try stringContent()
    }

    /// The rest of a string whose opening quote has been taken, and its closing quote.
    @inline(__always)
    mutating func stringContent() throws(LineError) -> Range<Int> {
        let start = position
        var seen: UInt64 = 0
        while position < end, let base = bytes.baseAddress {
            position = JSONBytes.plainEnd(base, from: position, to: end, seen: &seen)
            guard position < end else { break }
            if bytes[position] == JSONBytes.quote {
                position += 1
                return start..<position - 1
            }
            guard bytes[position] == JSONBytes.backslash else {
                throw malformed("the string contains a raw control character", at: position)
            }
            position += 2
        }
        throw malformed("the string has no end", at: start)
    }

    /// Any value.
    mutating func value() throws(LineError) -> Range<Int> {
        let start = position
        var depth = 0
        repeat {
            guard position < end else { throw malformed("the value has no end", at: start) }
            switch bytes[position] {
            case JSONBytes.quote:
                _ = try string()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                position += 1
            default:
                position += 1
            }
        } while depth > 0 || !isAtEndOfField
        return start..<position
    }

    private var isAtEndOfField: Bool { position == end || bytes[position] == UInt8(ascii: ",") }

    @inline(never)
    private func malformed(_ detail: StaticString, at byte: Int) -> LineError {
        LineError(.malformed, byte: byte, "\(detail)")
    }
}
