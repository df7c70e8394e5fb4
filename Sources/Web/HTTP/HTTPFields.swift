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
        forEach { field, value in
            guard HTTPCharacters.equal(field, ignoringCase: name) else { return }
            let text = String(decoding: value, as: UTF8.self)
            combined = combined.map { $0 + ", " + text } ?? text
        }
        return combined
    }

    /// Whether the comma-separated list in the field `name` holds `token` (both in lower case), compared
    /// without case; allocates nothing.
    public func contains(token: StaticString, in name: StaticString) -> Bool {
        var found = false
        forEach { field, value in
            guard !found, HTTPCharacters.equal(field, ignoringCase: name) else { return }
            found = HTTPTokenList(value).contains(token)
        }
        return found
    }

    /// Every field in the order received: its name as it was written, and its value. The bytes are valid
    /// during the call only.
    public func forEach(_ visit: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
        let bytes = lines.pointer
        var start = 0
        while start < bytes.count {
            let end = bytes.firstIndex(of: HTTPCharacters.carriageReturn, from: start) ?? bytes.count
            let field = HTTPFieldLine(splitting: start..<end, of: bytes)
            visit(bytes.part(field.name), bytes.part(field.value))
            start = end + 2
        }
    }
}
