/// The text of an Argon2id hash.
///
/// | part | |
/// |---|---|
/// | `$argon2id$v=19$` | the algorithm and its version |
/// | `m=19456,t=2,p=1$` | KiB of memory, passes, lanes: decimal, without leading zeros |
/// | salt, `$`, hash | 16 and 32 bytes in base 64 without padding |
///
/// Valid if and only if all of this holds, and `p` is 1 (libsodium makes no other).
enum PasswordHashText {
    private static let prefix = Array("$argon2id$v=19$".utf8)
    private static let saltCharacters = 22
    private static let hashCharacters = 43

    /// Nil when `text` is not valid.
    static func cost(of text: [UInt8]) -> PasswordCost? {
        guard text.starts(with: prefix) else { return nil }
        let parts = text[prefix.count...].split(
            separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].count == saltCharacters, parts[2].count == hashCharacters,
            parts[1].allSatisfy(isBase64), parts[2].allSatisfy(isBase64)
        else { return nil }
        let numbers = parts[0].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard numbers.count == 3, let memory = number(numbers[0], named: "m"),
            let passes = number(numbers[1], named: "t"), number(numbers[2], named: "p") == 1,
            memory >= 8
        else { return nil }
        return PasswordCost(memoryKiB: memory, passes: passes)
    }

    /// The value of `name=value`: 1 to 7 digits, the first of them not 0.
    private static func number(_ text: ArraySlice<UInt8>, named name: Unicode.Scalar) -> Int? {
        guard text.count <= 9, text.starts(with: [UInt8(ascii: name), UInt8(ascii: "=")]) else { return nil }
        let digits = text.dropFirst(2)
        guard let first = digits.first, first != UInt8(ascii: "0"),
            digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "/"): true
        default: false
        }
    }
}
