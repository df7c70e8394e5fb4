import LogLine

/// What a key is of: the other direction of `ChatVocabulary`.
enum ChatKey {
    /// Lowercase, if the account's name is valid.
    case account([UInt8])
    /// Of a channel, not escaped.
    case room([UInt8])
    case message(Offset)

    init?(_ key: [UInt8]) {
        if let name = Self.rest(of: key, behind: ChatVocabulary.accountPrefix) {
            self = .account(name)
        } else if let channel = Self.rest(of: key, behind: ChatVocabulary.roomPrefix) {
            self = .room(channel)
        } else if let offset = Self.message(key) {
            self = .message(offset)
        } else {
            return nil
        }
    }

    static func message(_ key: [UInt8]) -> Offset? {
        guard let digits = rest(of: key, behind: ChatVocabulary.messagePrefix) else { return nil }
        return Offset(decimal: String(decoding: digits, as: UTF8.self))
    }

    private static func rest(of key: [UInt8], behind prefix: StaticString) -> [UInt8]? {
        let count = prefix.utf8CodeUnitCount
        guard key.count > count,
            key[..<count].withUnsafeBytes({ Memory.equal($0, prefix) })
        else { return nil }
        return Array(key[count...])
    }
}
