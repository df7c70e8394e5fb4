import CSodium

/// HMAC-SHA-256 (RFC 2104 with FIPS 180-4's SHA-256) under one key of any length: whoever knows the key can
/// make and check tags, nobody else can. The key is taken in once; authenticating costs two more blocks of
/// SHA-256.
///
/// Source: libsodium's `crypto_auth_hmacsha256_*`
/// (https://doc.libsodium.org/advanced/hmac-sha2).
public struct HMACSHA256: Sendable {
    public static let tagBytes = 32

    /// The state after the key, from which every computation starts.
    private let keyed: crypto_auth_hmacsha256_state

    public init(key: [UInt8]) {
        precondition(Sodium.isReady)
        var state = crypto_auth_hmacsha256_state()
        _ = crypto_auth_hmacsha256_init(&state, key, key.count)
        keyed = state
    }

    /// The tag of `bytes`, `tagBytes` long.
    public func tag(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var state = keyed
        var tag = [UInt8](repeating: 0, count: Self.tagBytes)
        _ = crypto_auth_hmacsha256_update(
            &state, bytes.bindMemory(to: UInt8.self).baseAddress, UInt64(bytes.count))
        _ = crypto_auth_hmacsha256_final(&state, &tag)
        return tag
    }

    public func tag(of bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { tag(of: $0) }
    }

    /// Whether `tag` is that of `bytes`; takes the same time wherever they differ.
    public func isValid(_ tag: [UInt8], of bytes: UnsafeRawBufferPointer) -> Bool {
        ConstantTime.equal(tag, self.tag(of: bytes))
    }

    public func isValid(_ tag: [UInt8], of bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { isValid(tag, of: $0) }
    }
}
