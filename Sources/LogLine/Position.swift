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
    /// Nil unless `text` is decimal digits only, without leading zeros, and at most `LineLimits.offsetMax`.
    public init?(decimal text: some StringProtocol) {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            text.utf8.count == 1 || text.utf8.first != 0x30, let value = UInt64(text),
            value <= LineLimits.offsetMax
        else { return nil }
        self.init(value)
    }
}
