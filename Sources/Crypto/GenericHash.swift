import CSodium

/// BLAKE2b with 256 bits of result and without a key (RFC 7693).
public enum GenericHash {
    public static let bytesCount = 32

    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        precondition(Sodium.isReady)
        var hash = [UInt8](repeating: 0, count: bytesCount)
        let status = crypto_generichash(&hash, bytesCount, bytes, UInt64(bytes.count), nil, 0)
        precondition(status == 0, "libsodium refuses only lengths, and these are right")
        return hash
    }
}
