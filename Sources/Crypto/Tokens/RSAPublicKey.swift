import COpenSSL

/// A public key of RSA that checks signatures: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2).
///
/// A check takes some tens of microseconds: short enough for a loop.
///
/// Source: OpenSSL 3's EVP_DigestVerify(3), d2i_PUBKEY(3) and EVP_PKEY_public_check(3).
///
/// `@unchecked Sendable`: the key is not changed after `init`; OpenSSL lets any number of threads read it
/// (openssl-threads(7)), and each check has a context of its own.
public final class RSAPublicKey: @unchecked Sendable {
    /// Smaller ones can be factored (RFC 7518, section 3.3: at least 2048); larger ones only take time.
    public static let bitsRange = 2048...16_384

    private let key: OpaquePointer

    /// - Parameters:
    ///   - bytes: a SubjectPublicKeyInfo (RFC 5280, section 4.1) in DER, and nothing behind it.
    ///   - line: where it stands in its file, for the error.
    init(subjectPublicKeyInfo bytes: [UInt8], line: Int) throws(PublicKeyError) {
        // OpenSSL keeps its errors in a queue of the thread, which nobody reads here.
        defer { ERR_clear_error() }
        guard let key = Self.decoded(bytes) else {
            throw PublicKeyError(.malformed, line: line, "this is no public key")
        }
        do { try Self.check(key, line: line) } catch {
            EVP_PKEY_free(key)
            throw error
        }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// Whether `signature` is that of `message` under this key.
    func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        return EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    private static func decoded(_ bytes: [UInt8]) -> OpaquePointer? {
        bytes.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            guard let key = d2i_PUBKEY(nil, &position, buffer.count) else { return nil }
            guard position == buffer.baseAddress.map({ $0 + buffer.count }) else {
                EVP_PKEY_free(key)
                return nil
            }
            return key
        }
    }

    private static func check(_ key: OpaquePointer, line: Int) throws(PublicKeyError) {
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA else {
            throw PublicKeyError(.wrongKind, line: line, "this is no key of RSA, which RS256 takes")
        }
        let bits = Int(EVP_PKEY_get_bits(key))
        guard bitsRange.contains(bits) else {
            let limits = "\(bitsRange.lowerBound) to \(bitsRange.upperBound)"
            throw PublicKeyError(.wrongSize, line: line, "the key has \(bits) bits; it takes \(limits)")
        }
        guard let context = EVP_PKEY_CTX_new(key, nil) else {
            throw PublicKeyError(.malformed, line: line, "there is no memory to check the key")
        }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_public_check(context) == 1 else {
            throw PublicKeyError(.malformed, line: line, "the key's numbers are none of RSA")
        }
    }
}
