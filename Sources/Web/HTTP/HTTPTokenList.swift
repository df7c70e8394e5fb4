/// A comma-separated list of case-insensitive tokens, such as the value of Connection (RFC 9110 5.6.1).
struct HTTPTokenList {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Precondition: `token` is lower case.
    func contains(_ token: StaticString) -> Bool {
        var start = 0
        while start <= bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != 0x2C { end += 1 }
            if HTTPCharacters.equal(trimmed(start..<end), ignoringCase: token) { return true }
            start = end + 1
        }
        return false
    }

    private func trimmed(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isBlank(bytes[start]) { start += 1 }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        return bytes.part(start..<end)
    }

    private func isBlank(_ byte: UInt8) -> Bool {
        byte == HTTPCharacters.space || byte == HTTPCharacters.tab
    }
}
