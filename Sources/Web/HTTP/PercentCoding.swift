/// `%XX` of RFC 3986 2.1.
enum PercentCoding {
    static let percent: UInt8 = 0x25

    /// The byte that the three characters at `index` stand for; nil unless they are `%` and two hexadecimal
    /// digits.
    static func byte(at index: Int, of bytes: UnsafeRawBufferPointer) -> UInt8? {
        guard index + 2 < bytes.count, bytes[index] == percent,
            let high = HTTPCharacters.hexadecimal(bytes[index + 1]),
            let low = HTTPCharacters.hexadecimal(bytes[index + 2])
        else { return nil }
        return high << 4 | low
    }

    /// Whether every `%` begins a valid `%XX`.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.indices.allSatisfy { bytes[$0] != percent || byte(at: $0, of: bytes) != nil }
    }

    /// Precondition: `isValid(bytes)`. `plusIsSpace`: as forms write it (WHATWG URL, urlencoded parsing).
    static func decode(_ bytes: UnsafeRawBufferPointer, plusIsSpace: Bool) -> [UInt8] {
        if !plusIsSpace, bytes.firstIndex(of: percent, from: 0) == nil { return Array(bytes) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if let byte = byte(at: index, of: bytes) {
                decoded.append(byte)
                index += 3
            } else {
                decoded.append(plusIsSpace && bytes[index] == 0x2B ? HTTPCharacters.space : bytes[index])
                index += 1
            }
        }
        return decoded
    }

    /// Whether `bytes`, decoded, are `text`; allocates nothing. Precondition: `isValid(bytes)`.
    static func decodes(_ bytes: UnsafeRawBufferPointer, to text: StaticString, plusIsSpace: Bool) -> Bool {
        var index = 0
        var matched = 0
        while index < bytes.count {
            let coded = byte(at: index, of: bytes)
            let plain = plusIsSpace && bytes[index] == 0x2B ? HTTPCharacters.space : bytes[index]
            guard matched < text.utf8CodeUnitCount, text.utf8Start[matched] == coded ?? plain else {
                return false
            }
            index += coded == nil ? 1 : 3
            matched += 1
        }
        return matched == text.utf8CodeUnitCount
    }
}
