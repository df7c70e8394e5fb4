import LogLine

/// The header fields of a head, as they were received; looked up by scanning, so they cost nothing until
/// asked for.
public struct HTTPFields: Sendable {
    /// Valid field lines, each with its CRLF.
    let lines: ByteSlice

    /// The value of the field `name` (in lower case); when it is repeated, all values in order, joined with
    /// `, ` (RFC 9110 5.3). What is not UTF-8 becomes U+FFFD.
    public func value(_ name: StaticString) -> String? {
        var combined: String?
        forEach(name) { value in
            let text = String(decoding: value, as: UTF8.self)
            combined = combined.map { $0 + ", " + text } ?? text
        }
        return combined
    }

    /// Whether the comma-separated list in the field `name` holds `token` (both in lower case), compared
    /// without case; allocates nothing.
    public func contains(token: StaticString, in name: StaticString) -> Bool {
        var found = false
        forEach(name) { value in found = found || HTTPTokenList(value).contains(token) }
        return found
    }

    /// The value of every field `name`; the lines of all others are only passed over.
    private func forEach(_ name: StaticString, _ visit: (UnsafeRawBufferPointer) -> Void) {
        let bytes = lines.pointer
        let nameBytes = name.utf8CodeUnitCount
        forEachLine { line in
            let nameEnd = line.lowerBound + nameBytes
            guard nameEnd < line.upperBound, bytes[nameEnd] == UInt8(ascii: ":"),
                HTTPCharacters.equal(bytes.part(line.lowerBound..<nameEnd), ignoringCase: name)
            else { return }
            visit(bytes.part(HTTPFieldLine(splitting: line, of: bytes).value))
        }
    }

    /// Every field in the order received: its name as it was written, and its value. The bytes are valid
    /// during the call only.
    public func forEach(_ visit: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
        let bytes = lines.pointer
        forEachLine { line in
            let field = HTTPFieldLine(splitting: line, of: bytes)
            visit(bytes.part(field.name), bytes.part(field.value))
        }
    }

    @inline(__always)
    private func forEachLine(_ visit: (Range<Int>) -> Void) {
        let bytes = lines.pointer
        var start = 0
        while start < bytes.count {
            let end = bytes.firstIndex(of: HTTPCharacters.carriageReturn, from: start) ?? bytes.count
            visit(start..<end)
            start = end + 2
        }
    }
}
