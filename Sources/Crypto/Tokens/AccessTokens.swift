import LogLine

/// Makes and checks access tokens with a key derived from the cluster's secret.
///
/// As text a token is the base 64 (RFC 4648, section 5, without padding) of these bytes, integers big-endian:
///
/// | bytes | |
/// |---|---|
/// | 1 | version: 1 |
/// | 8 | generation |
/// | 8 | issued at: seconds since 1970-01-01T00:00:00Z |
/// | 4 | lifetime: seconds, at least 1 |
/// | 1, n | length of the name (1–64), the name |
/// | 1, n | length of the label (0–32), the label |
/// | 32 | HMAC-SHA-256 of all bytes before it, under `DerivedKey.Purpose.accessTokens` |
///
/// Valid if and only if: the text is canonical base 64 of exactly such bytes, the mac is right, the name is
/// an
/// `Author`, the label is one, and the time is before issued at + lifetime. The mac is compared in constant
/// time and before anything it covers but the version is looked at. There is no rule for tokens from the
/// future: they come from our own pods, whose clocks may differ.
///
/// A token lets whoever holds it try guesses of the secret at home: a secret has to be random, as the one
/// that the project's tools make.
public struct AccessTokens: Sendable {
    /// Of a token with the longest name and label.
    public static let textBytesMax =
        (fixedBytes + LineLimits.authorBytesMax + AccessToken.labelBytesMax) * 4 / 3 + 1

    private static let version: UInt8 = 1
    private static let fixedBytes = 1 + 8 + 8 + 4 + 1 + 1 + HMACSHA256.tagBytes

    private let code: HMACSHA256

    public init(secret: [UInt8]) {
        code = HMACSHA256(key: DerivedKey(secret: secret, for: .accessTokens).bytes)
    }

    /// The token's text, at most `textBytesMax` bytes of `A-Z a-z 0-9 - _`.
    public func text(of token: AccessToken) -> [UInt8] {
        let seconds = token.issuedAt.milliseconds / 1000
        var bytes = [Self.version]
        bytes.appendBigEndian(token.generation.value)
        bytes.appendBigEndian(UInt64(seconds))
        bytes.appendBigEndian(UInt32(token.expiry.milliseconds / 1000 - seconds))
        bytes.append(UInt8(token.name.bytes.count))
        bytes += token.name.bytes
        bytes.append(UInt8(token.label.count))
        bytes += token.label
        bytes += code.tag(of: bytes)
        return Base64.url.encode(bytes)
    }

    /// What a text from outside says, when it is to be believed at `now`.
    public func token(
        _ text: some Collection<UInt8>, now: Timestamp
    ) throws(AccessTokenError) -> AccessToken {
        guard text.count <= Self.textBytesMax, let bytes = Base64.url.decode(text),
            bytes.count > Self.fixedBytes, bytes[0] == Self.version
        else { throw AccessTokenError.malformed }
        let signed = Array(bytes.dropLast(HMACSHA256.tagBytes))
        guard code.isValid(Array(bytes.suffix(HMACSHA256.tagBytes)), of: signed) else {
            throw AccessTokenError.forged
        }
        guard let token = Self.content(of: signed) else { throw AccessTokenError.malformed }
        guard now < token.expiry else { throw AccessTokenError.expired(token.expiry) }
        return token
    }

    /// Nil unless the lengths add up and every field is what the table says.
    private static func content(of signed: [UInt8]) -> AccessToken? {
        var rest = signed.dropFirst()
        guard let generation = rest.popBigEndian(UInt64.self), let seconds = rest.popBigEndian(UInt64.self),
            let lifetime = rest.popBigEndian(UInt32.self), lifetime > 0, seconds <= secondsMax,
            let nameBytes = rest.popCounted(), let label = rest.popCounted(), rest.isEmpty,
            AccessToken.isLabel(label),
            // Its error says no more than that the token is malformed.
            let name = try? Author(validating: Array(nameBytes))
        else { return nil }
        return AccessToken(
            name: name, generation: Offset(generation),
            issuedAt: Timestamp(milliseconds: Int64(seconds) * 1000), lifetime: .seconds(Int64(lifetime)),
            label: Array(label))
    }

    /// The end of the year 9999.
    private static let secondsMax = UInt64(Timestamp.latest.milliseconds / 1000)
}

extension [UInt8] {
    fileprivate mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

extension ArraySlice<UInt8> {
    /// Takes an integer off the front; nil when there are too few bytes.
    fileprivate mutating func popBigEndian<Value: FixedWidthInteger>(_: Value.Type) -> Value? {
        let bytes = MemoryLayout<Value>.size
        guard count >= bytes else { return nil }
        defer { removeFirst(bytes) }
        return prefix(bytes).reduce(0) { $0 << 8 | Value($1) }
    }

    /// Takes a length of one byte and so many bytes off the front; nil when there are too few.
    fileprivate mutating func popCounted() -> ArraySlice<UInt8>? {
        guard let length = popFirst().map(Int.init), count >= length else { return nil }
        defer { removeFirst(length) }
        return prefix(length)
    }
}
