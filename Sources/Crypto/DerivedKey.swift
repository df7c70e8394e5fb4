/// A key for one purpose, made from the cluster's secret: who learns one of them learns neither the secret
/// nor another purpose's key, and what was made with one is refused by all others.
///
/// (The mac of Redis payloads is made with the secret itself; docs/format.md defines it so. No key here is
/// equal to it.)
///
/// Source: HKDF with SHA-256 (RFC 5869), without salt, `info` being the purpose, for 32 bytes.
public struct DerivedKey: Sendable {
    /// What a key is for. The texts are part of what is stored and handed out: they never change.
    public enum Purpose: String, CaseIterable, Sendable {
        case accessTokens = "chat-cluster access token 1"
        case requestProof = "chat-cluster request proof 1"
    }

    public static let bytesCount = HMACSHA256.tagBytes

    let bytes: [UInt8]

    public init(secret: [UInt8], for purpose: Purpose) {
        bytes = Self.expand(Self.extract(secret: secret, salt: []), info: Array(purpose.rawValue.utf8))
    }

    /// RFC 5869, section 2.2.
    static func extract(secret: [UInt8], salt: [UInt8]) -> [UInt8] { HMACSHA256(key: salt).tag(of: secret) }

    /// RFC 5869, section 2.3: its first block, which is all that a key of this length takes.
    static func expand(_ pseudorandomKey: [UInt8], info: [UInt8]) -> [UInt8] {
        HMACSHA256(key: pseudorandomKey).tag(of: info + [1])
    }
}

extension DerivedKey: CustomStringConvertible, CustomReflectable {
    public var description: String { "key of \(bytes.count) bytes" }
    public var customMirror: Mirror { Mirror(self, children: ["bytes": bytes.count]) }
}
