import LogLine

/// The name of a key or of a counter: 1–128 bytes of UTF-8 without control characters or `/`. Compared and
/// sorted byte by byte.
public struct KeyValueName: Hashable, Sendable {
    public let bytes: [UInt8]

    /// - Parameter field: what the error says is wrong.
    public init(validating bytes: [UInt8], field: String) throws(InvalidField) {
        guard (1...KeyValueLimits.nameBytesMax).contains(bytes.count) else {
            throw InvalidField(
                field: field,
                detail: "\(field) has \(bytes.count) bytes; it takes 1 to \(KeyValueLimits.nameBytesMax)")
        }
        _ = try Key(validating: bytes, field: field)
        guard !bytes.contains(UInt8(ascii: "/")) else {
            throw InvalidField(field: field, detail: "\(field) must not contain '/'")
        }
        self.bytes = bytes
    }

    /// The key of the log's lines about it.
    public var key: Key { Key(trusted: KeyValueVocabulary.keyPrefixBytes + bytes) }
}

/// The names that keys and counters have in the log. Source: docs/chat-log.md.
public enum KeyValueVocabulary {
    /// Holds no secret: the log takes it from whoever may append, and publishes it.
    public static let channel = Channel(trusted: Array("$kv".utf8))

    static let channelName: StaticString = "$kv"
    static let keyKind: StaticString = "kv"
    static let counterKind: StaticString = "counter"
    static let keyPrefix: StaticString = "kv:"
    static let keyPrefixBytes = Array("kv:".utf8)
}
