#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The character classes of RFC 9110 5.6 and RFC 3986 2, as a table: heads are looked at byte by byte.
///
/// `@unchecked Sendable`: the table is written by `init` only, and never freed.
struct HTTPCharacterClass: @unchecked Sendable {
    private let members: UnsafePointer<Bool>

    /// ASCII letters and digits and `others`.
    init(alphanumericsAnd others: StaticString) {
        let table = UnsafeMutablePointer<Bool>.allocate(capacity: 256)
        table.initialize(repeating: false, count: 256)
        for range: ClosedRange<UInt8> in [0x30...0x39, 0x41...0x5A, 0x61...0x7A] {
            for byte in range { table[Int(byte)] = true }
        }
        for index in 0..<others.utf8CodeUnitCount { table[Int(others.utf8Start[index])] = true }
        members = UnsafePointer(table)
    }

    @inline(__always) func contains(_ byte: UInt8) -> Bool { members[Int(byte)] }
}

enum HTTPCharacters {
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let tab: UInt8 = 0x09

    /// RFC 9110 5.6.2 tchar.
    static let token = HTTPCharacterClass(alphanumericsAnd: "!#$%&'*+-.^_`|~")
    /// RFC 3986 3.2.2: unreserved and sub-delims of a reg-name; `%` is checked by itself.
    static let host = HTTPCharacterClass(alphanumericsAnd: "-._~!$&'()*+,;=")

    /// What a request target may hold and what says nothing there: nearly all bytes of nearly all targets.
    static let plainTarget = HTTPCharacterClass(alphanumericsAnd: "-_~!$&'()*+,;=:@/")

    @inline(__always) static func lowercase(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// The value of a hexadecimal digit; nil for any other byte.
    @inline(__always) static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    /// Whether all bytes may stand in a field's value (RFC 9110 5.5): no control characters but the tab.
    static func isFieldContent(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if mayHoldControl(word), !isFieldContent(bytes, index..<index + 8) { return false }
            index += 8
        }
        return isFieldContent(bytes, index..<bytes.count)
    }

    private static func isFieldContent(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        for index in range where !isFieldContent(bytes[index]) { return false }
        return true
    }

    @inline(__always) static func isFieldContent(_ byte: UInt8) -> Bool {
        byte >= space ? byte != 0x7F : byte == tab
    }

    /// False only when none of the eight bytes is below 0x20 or 0x7F (the well-known subtract-and-mask tests
    /// for "has a byte less than n" and "has a zero byte").
    @inline(__always) private static func mayHoldControl(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        let delete = word ^ (ones &* 0x7F)
        let below = (word &- ones &* 0x20) & ~word
        let deletes = (delete &- ones) & ~delete
        return (below | deletes) & tops != 0
    }

    /// Whether `bytes` are exactly `text`.
    @inline(__always) static func equal(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count where bytes[index] != text.utf8Start[index] { return false }
        return true
    }

    /// Whether `bytes` are `text` when ASCII letters are compared without case. Precondition: `text` is lower
    /// case.
    @inline(__always) static func equal(
        _ bytes: UnsafeRawBufferPointer, ignoringCase text: StaticString
    ) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count where lowercase(bytes[index]) != text.utf8Start[index] { return false }
        return true
    }
}

extension UnsafeRawBufferPointer {
    /// The index of the first `byte` at or behind `start`.
    @inline(__always) func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        guard let base = baseAddress, start < count else { return nil }
        return memchr(base + start, Int32(byte), count - start).map { UnsafeRawPointer($0) - base }
    }

    /// The part `range`, indexed from 0.
    @inline(__always) func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[range])
    }

    /// For a sentence about a refused value: at most 64 bytes of it, with what is not printable ASCII
    /// escaped.
    var excerpt: String {
        var text = ""
        for byte in prefix(64) {
            if byte >= 0x20, byte < 0x7F {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return count > 64 ? text + "…" : text
    }
}
