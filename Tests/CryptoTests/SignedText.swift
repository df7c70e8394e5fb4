import LogLine

@testable import Crypto

/// A token with a right signature and any header and claims.
struct SignedText {
    var header = #"{"alg":"HS256"}"#
    var claims = #"{"exp":1795163600,"sub":"alice"}"#
    var secret = Array(ProviderSamples.secret.utf8)

    /// What a pod makes of it.
    func read(
        _ expected: JSONWebTokens.Claims = .init(), at seconds: Int64 = 1_795_160_000
    ) throws(JSONWebTokenError) -> JSONWebToken {
        let signed =
            Base64.url.encode(Array(header.utf8)) + [0x2E] + Base64.url.encode(Array(claims.utf8))
        let signature = HMACSHA256(key: secret).tag(of: signed)
        let key = JSONWebTokens.Key.hs256(secret: Array(ProviderSamples.secret.utf8))
        return try JSONWebTokens(key: key, claims: expected).token(
            signed + [0x2E] + Base64.url.encode(signature), now: Timestamp(milliseconds: seconds * 1000))
    }
}
