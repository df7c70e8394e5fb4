/// Where a message goes: 1–128 bytes of UTF-8 without control characters or `/`. Compared byte by byte
/// (Swift's `String` would take canonically equivalent texts for equal).
public struct Channel: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    public init(validating bytes: [UInt8]) throws(InvalidField) {
        try FieldRule.check(bytes, field: "channel", bytesMax: LineLimits.channelBytesMax)
        guard !bytes.contains(UInt8(ascii: "/")) else {
            throw InvalidField(field: "channel", detail: "channel must not contain '/'")
        }
        self.bytes = bytes
    }

    /// Precondition: `bytes` were valid once (they come from a line).
    public init(trusted bytes: [UInt8]) { self.bytes = bytes }

    /// Begins with `$`: secrets of the cluster itself.
    public var isReserved: Bool { bytes.first == UInt8(ascii: "$") }
    /// Begins with `@`: private conversations.
    public var isPrivate: Bool { bytes.first == UInt8(ascii: "@") }
    /// May be served by public endpoints and taken from Redis.
    public var isPublic: Bool { !isReserved && !isPrivate }

    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// Who wrote: 1–64 bytes of UTF-8 without control characters.
public struct Author: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    /// Precondition: `bytes` were valid once.
    public init(trusted bytes: [UInt8]) { self.bytes = bytes }

    public init(validating bytes: [UInt8]) throws(InvalidField) {
        try FieldRule.check(bytes, field: "author", bytesMax: LineLimits.authorBytesMax)
        self.bytes = bytes
    }

    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// A client's name for a write, so that a retry is safe: 1–64 of `A-Z a-z 0-9 . _ : -`, meant within
/// (channel, author).
public struct MessageID: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    /// Precondition: `bytes` are valid.
    public init(trusted bytes: [UInt8]) { self.bytes = bytes }

    public init(validating bytes: [UInt8]) throws(InvalidField) {
        try FieldRule.checkToken(bytes, field: "id", bytesMax: LineLimits.idBytesMax)
        self.bytes = bytes
    }

    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// What an entry that is not a message is: 1–64 of `A-Z a-z 0-9 . _ : -`.
public struct Kind: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    /// Precondition: `text` is valid.
    public init(trusted text: StaticString) { bytes = Array(text.description.utf8) }

    public init(validating bytes: [UInt8]) throws(InvalidField) {
        try FieldRule.checkToken(bytes, field: "kind", bytesMax: LineLimits.kindBytesMax)
        self.bytes = bytes
    }

    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// What conditional appends rely on: 1–256 bytes of UTF-8 without control characters.
public struct Key: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    /// Precondition: `bytes` are valid.
    public init(trusted bytes: [UInt8]) { self.bytes = bytes }

    public init(validating bytes: [UInt8], field: String = "key") throws(InvalidField) {
        try FieldRule.check(bytes, field: field, bytesMax: LineLimits.keyBytesMax)
        self.bytes = bytes
    }

    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// The rules that names share.
enum FieldRule {
    /// 1 to `bytesMax` bytes of valid UTF-8 without control characters (U+0000–U+001F, U+007F,
    /// U+0080–U+009F).
    static func check(_ bytes: [UInt8], field: String, bytesMax: Int) throws(InvalidField) {
        try checkLength(bytes, field: field, bytesMax: bytesMax)
        if let bad = bytes.withUnsafeBytes(UTF8Text.firstInvalid) {
            throw InvalidField(field: field, detail: "\(field) is not valid UTF-8 at byte \(bad)")
        }
        guard let control = firstControl(in: bytes) else { return }
        let code = String(control, radix: 16, uppercase: true)
        throw InvalidField(field: field, detail: "\(field) contains the control character U+\(code)")
    }

    /// The value of the first control character in valid UTF-8. Those above U+007F are 0xC2 and 0x80–0x9F.
    private static func firstControl(in bytes: [UInt8]) -> UInt8? {
        var last: UInt8 = 0
        for byte in bytes {
            if byte < 0x20 || byte == 0x7F || (last == 0xC2 && byte <= 0x9F) { return byte }
            last = byte
        }
        return nil
    }

    static func checkToken(_ bytes: [UInt8], field: String, bytesMax: Int) throws(InvalidField) {
        try checkLength(bytes, field: field, bytesMax: bytesMax)
        for byte in bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F, 0x3A, 0x2D: continue
            default:
                throw InvalidField(
                    field: field, detail: "\(field) may hold only A-Z a-z 0-9 . _ : - (byte \(byte) is none)")
            }
        }
    }

    private static func checkLength(_ bytes: [UInt8], field: String, bytesMax: Int) throws(InvalidField) {
        guard !bytes.isEmpty else {
            throw InvalidField(field: field, detail: "\(field) is empty; it takes 1 to \(bytesMax) bytes")
        }
        guard bytes.count <= bytesMax else {
            throw InvalidField(
                field: field, detail: "\(field) has \(bytes.count) bytes; the limit is \(bytesMax)")
        }
    }
}
