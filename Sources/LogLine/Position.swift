/// The incarnation of a log: 16 lowercase hexadecimal digits, made when a log is created and whenever
/// acknowledged history may have changed.
public struct Epoch: Hashable, Sendable, CustomStringConvertible {
    public let value: UInt64

    public init(_ value: UInt64) { self.value = value }

    /// Nil unless `text` is exactly 16 digits of `0-9a-f`.
    public init?(_ text: some StringProtocol) {
        guard let value = Hexadecimal.parse16(text.utf8) else { return nil }
        self.value = value
    }

    public var description: String { Hexadecimal.text16(value) }
}

/// A place in one log's history. An offset alone could belong to any log.
public struct Position: Hashable, Sendable, CustomStringConvertible {
    public let epoch: Epoch
    public let offset: Offset

    public init(epoch: Epoch, offset: Offset) {
        self.epoch = epoch
        self.offset = offset
    }

    /// Nil unless `text` is `EPOCH:OFFSET`, the offset in decimal without sign or leading zeros.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = Epoch(parts[0]), let offset = Offset(decimal: parts[1]) else {
            return nil
        }
        self.init(epoch: epoch, offset: offset)
    }

    public var description: String { "\(epoch):\(offset)" }
}

extension Offset {
    /// Nil unless `text` is decimal digits only, without leading zeros, and fits.
    public init?(decimal text: some StringProtocol) {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            text.utf8.count == 1 || text.utf8.first != 0x30, let value = UInt64(text)
        else { return nil }
        self.init(value)
    }
}

/// Fixed-width lowercase hexadecimal numbers, as epochs and digests are written.
enum Hexadecimal {
    static func parse16(_ digits: some Collection<UInt8>) -> UInt64? {
        guard digits.count == 16 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            switch digit {
            case 0x30...0x39: value = value << 4 | UInt64(digit - 0x30)
            case 0x61...0x66: value = value << 4 | UInt64(digit - 0x61 + 10)
            default: return nil
            }
        }
        return value
    }

    static func text16(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
