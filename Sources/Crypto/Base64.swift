import CSodium

/// Bytes as text of 64 characters (RFC 4648).
///
/// Valid if and only if: every character is of the alphabet (no white space, no line ends), the padding is
/// what the alphabet wants, and the bits behind the last byte are zero. So bytes have one text, and a changed
/// text never stands for the same bytes.
///
/// Source: libsodium's codecs, whose duration depends on lengths alone
/// (https://doc.libsodium.org/helpers#base64-encoding-decoding).
public enum Base64: Sendable {
    /// RFC 4648, section 4, with padding.
    case standard
    /// RFC 4648, section 5, without padding (as RFC 7515, section 2 has it).
    case url

    /// Nil when `text` is not valid.
    public func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        precondition(Sodium.isReady)
        let characters = text.map(CChar.init(bitPattern:))
        // libsodium 1.0.18 takes every byte above 0x7F for the alphabet's last character.
        guard characters.allSatisfy({ $0 >= 0 }) else { return nil }
        var bytes = [UInt8](repeating: 0, count: characters.count / 4 * 3 + 3)
        var count = 0
        let status = sodium_base642bin(
            &bytes, bytes.count, characters, characters.count, nil, &count, nil, variant)
        guard status == 0 else { return nil }
        return Array(bytes.prefix(count))
    }

    public func encode(_ bytes: [UInt8]) -> [UInt8] {
        precondition(Sodium.isReady)
        // With the zero that ends a C string.
        var text = [CChar](repeating: 0, count: sodium_base64_encoded_len(bytes.count, variant))
        sodium_bin2base64(&text, text.count, bytes, bytes.count, variant)
        return text.dropLast().map(UInt8.init(bitPattern:))
    }

    private var variant: Int32 {
        switch self {
        case .standard: sodium_base64_VARIANT_ORIGINAL
        case .url: sodium_base64_VARIANT_URLSAFE_NO_PADDING
        }
    }
}
