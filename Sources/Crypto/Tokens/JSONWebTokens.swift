import LogLine

/// Checks the tokens of one identity provider: signed JSON Web Tokens (RFC 7519) in compact form (RFC 7515,
/// section 3.1), as RFC 8725 advises.
///
/// A token is believed if and only if:
/// - it has at most `textBytesMax` bytes: three parts of canonical base 64, the first two strict JSON objects
///   without duplicate keys;
/// - its header's `alg` is the configured algorithm (RFC 7518, section 3: HS256 or RS256): the configuration
///   chooses, the header only has to agree; it has no `crit` (there is no extension that we understand). Keys
///   that a header brings or points to (`jwk`, `jku`, `x5u`…) are not looked at;
/// - the signature is right under the configured key that `kid` names;
/// - `exp` is there, and has not passed; `nbf` and `iat`, where they are, have (each give or take
///   `clockSkewMax`);
/// - `iss` is the configured issuer, where one is configured;
/// - `aud` is or contains the configured audience; where none is configured there is no `aud` (RFC 7519,
///   section 4.1.3);
/// - the claim with the name holds a valid `Author`.
public struct JSONWebTokens: Sendable {
    /// How a provider signs, and what its signatures are checked with.
    public enum Key: Sendable {
        /// At least `secretBytesMin` bytes.
        case hs256(secret: [UInt8])
        case rs256(PublicKeySet)
    }

    /// What a token must say besides.
    public struct Claims: Sendable {
        /// Nil: any issuer's, who has the key.
        public var issuer: [UInt8]?
        public var audience: [UInt8]?
        /// Where the name stands; nil: in `preferred_username`, else in `sub`.
        public var nameClaim: [UInt8]?

        public init(issuer: [UInt8]? = nil, audience: [UInt8]? = nil, nameClaim: [UInt8]? = nil) {
            self.issuer = issuer
            self.audience = audience
            self.nameClaim = nameClaim
        }
    }

    public static let textBytesMax = 8192
    /// How far the provider's clock may be from ours.
    public static let clockSkewMax = Duration.seconds(60)
    /// RFC 7518, section 3.2.
    public static let secretBytesMin = 32

    private enum Verifier {
        case hs256(HMACSHA256)
        case rs256(PublicKeySet)
    }

    private let verifier: Verifier
    private let claims: Claims

    public init(key: Key, claims: Claims) {
        switch key {
        case .hs256(let secret):
            precondition(secret.count >= Self.secretBytesMin, "a secret that is too short for HS256")
            verifier = .hs256(HMACSHA256(key: secret))
        case .rs256(let keys): verifier = .rs256(keys)
        }
        self.claims = claims
    }

    /// What a text from outside says, when it is to be believed at `now`.
    public func token(
        _ text: some Collection<UInt8>, now: Timestamp
    ) throws(JSONWebTokenError) -> JSONWebToken {
        guard text.count <= Self.textBytesMax else { throw JSONWebTokenError.tooLarge(bytes: text.count) }
        let parts = try JSONWebTokenParts(text)
        try checkSignature(of: parts)
        let said = try JSONWebTokenClaims(parts.payload, names: names)
        try checkTimes(said, now: now)
        if let issuer = claims.issuer, said.texts[Self.issuerClaim] != issuer {
            throw JSONWebTokenError.wrongIssuer
        }
        guard claims.audience.map(said.audiences.contains) ?? said.audiences.isEmpty else {
            throw JSONWebTokenError.wrongAudience
        }
        return JSONWebToken(name: try name(in: said), expiry: said.expiry, issuedAt: said.issuedAt)
    }

    private static let issuerClaim = Array("iss".utf8)
    private static let nameClaims = [Array("preferred_username".utf8), Array("sub".utf8)]

    /// The claims that may hold the name, the first one first.
    private var names: [[UInt8]] { claims.nameClaim.map { [$0] } ?? Self.nameClaims }

    private func checkSignature(of parts: JSONWebTokenParts) throws(JSONWebTokenError) {
        let isValid: Bool
        switch verifier {
        case .hs256(let code):
            guard parts.algorithm == Array("HS256".utf8) else { throw JSONWebTokenError.wrongAlgorithm }
            isValid = code.isValid(parts.signature, of: parts.signed)
        case .rs256(let keys):
            guard parts.algorithm == Array("RS256".utf8) else { throw JSONWebTokenError.wrongAlgorithm }
            guard let key = keys.key(named: parts.keyName) else { throw JSONWebTokenError.unknownKey }
            isValid = key.isValid(parts.signature, of: parts.signed)
        }
        guard isValid else { throw JSONWebTokenError.forged }
    }

    private func checkTimes(_ said: JSONWebTokenClaims, now: Timestamp) throws(JSONWebTokenError) {
        let skew = Self.clockSkewMax.components.seconds * 1000
        guard now.milliseconds < said.expiry.milliseconds + skew else {
            throw JSONWebTokenError.expired(said.expiry)
        }
        for start in [said.notBefore, said.issuedAt] {
            guard let start, now.milliseconds + skew < start.milliseconds else { continue }
            throw JSONWebTokenError.notYetValid(start)
        }
    }

    private func name(in said: JSONWebTokenClaims) throws(JSONWebTokenError) -> Author {
        guard let text = names.lazy.compactMap({ said.texts[$0] }).first else {
            let wanted = names.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " or ")
            throw JSONWebTokenError.unusableName("the token has no \(wanted)")
        }
        do { return try Author(validating: text) } catch {
            throw JSONWebTokenError.unusableName(error.detail)
        }
    }
}
