/// One field line, taken apart and found valid (RFC 9112 5).
///
/// | part | bytes |
/// |---|---|
/// | name | one or more token characters |
/// | `:` | directly behind the name |
/// | value | visible characters, bytes from 0x80 on, and spaces and tabs between them |
///
/// Valid if and only if: no space before the colon, no obsolete line folding (a line that begins with a space
/// or tab), no control character (so no bare CR and no NUL). Spaces and tabs around the value are not part of
/// it.
struct HTTPFieldLine {
    let name: Range<Int>
    let value: Range<Int>

    /// `line` without its CRLF.
    init(_ line: Range<Int>, of bytes: UnsafeRawBufferPointer) throws(HTTPParseFailure) {
        self.init(splitting: line, of: bytes)
        guard !name.isEmpty, name.upperBound < line.upperBound, bytes[name.upperBound] == Self.colon else {
            throw Self.failure(line, nameEnd: name.upperBound, of: bytes)
        }
        guard HTTPCharacters.isFieldContent(bytes.part(value)) else {
            let name = bytes.part(name).excerpt
            throw HTTPParseFailure(.malformed, name, "the value of \(name) contains a control character")
        }
    }

    /// Finds the parts of a line that was found valid before. Of any other it finds some parts, too.
    @inline(__always) init(splitting line: Range<Int>, of bytes: UnsafeRawBufferPointer) {
        var index = line.lowerBound
        let token = HTTPCharacters.token
        while index < line.upperBound, token.contains(bytes[index]) { index += 1 }
        name = line.lowerBound..<index
        var start = min(index + 1, line.upperBound)
        var end = line.upperBound
        while start < end, Self.isBlank(bytes[start]) { start += 1 }
        while end > start, Self.isBlank(bytes[end - 1]) { end -= 1 }
        value = start..<end
    }

    private static let colon: UInt8 = 0x3A

    @inline(__always) private static func isBlank(_ byte: UInt8) -> Bool {
        byte == HTTPCharacters.space || byte == HTTPCharacters.tab
    }

    private static func failure(
        _ line: Range<Int>, nameEnd: Int, of bytes: UnsafeRawBufferPointer
    ) -> HTTPParseFailure {
        let text = bytes.part(line).excerpt
        guard nameEnd < line.upperBound else {
            return HTTPParseFailure(.malformed, "header", "the header line '\(text)' has no colon")
        }
        if nameEnd == line.lowerBound, isBlank(bytes[nameEnd]) {
            return HTTPParseFailure(.malformed, "header", "folded header lines are not accepted: '\(text)'")
        }
        if isBlank(bytes[nameEnd]) {
            return HTTPParseFailure(.malformed, "header", "a space stands before the colon of '\(text)'")
        }
        return HTTPParseFailure(.malformed, "header", "'\(text)' begins with no header name and colon")
    }
}
