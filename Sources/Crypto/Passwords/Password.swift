import LogLine

/// A password as a person typed it: 8 to 256 bytes of UTF-8, any characters. Printing it shows only how long
/// it is.
///
/// Bytes are compared as they are; a client that wants the same characters typed on different keyboards to be
/// the same password sends them normalised (NFC), as RFC 8265 advises.
public struct Password: Sendable {
    /// Shorter ones are found by trying (NIST SP 800-63B, section 5.1.1.2: at least 8 characters).
    public static let bytesMin = 8
    /// Longer ones cost more than they protect; passphrases fit.
    public static let bytesMax = 256

    /// As libsodium takes it; without a zero at the end.
    let characters: [CChar]

    /// - Parameter field: as the client called it, for the error.
    public init(validating bytes: [UInt8], field: String = "password") throws(InvalidField) {
        guard bytes.count >= Self.bytesMin else {
            throw InvalidField(
                field: field, detail: "\(field) has \(bytes.count) bytes; it takes at least \(Self.bytesMin)")
        }
        guard bytes.count <= Self.bytesMax else {
            throw InvalidField(
                field: field, detail: "\(field) has \(bytes.count) bytes; the limit is \(Self.bytesMax)")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw InvalidField(field: field, detail: "\(field) is not valid UTF-8")
        }
        characters = bytes.map(CChar.init(bitPattern:))
    }
}

extension Password: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "password of \(characters.count) bytes" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["bytes": characters.count]) }
}
