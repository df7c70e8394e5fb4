import LogLine
import Testing

@testable import Crypto

@Suite("Tokens of an identity provider")
struct JSONWebTokenTests {
    static let now = Timestamp(milliseconds: ProviderSamples.issuedMilliseconds)
    static let expected = JSONWebTokens.Claims(
        issuer: Array("https://id.example".utf8), audience: Array("chat".utf8))

    @Test("The examples of RFC 7515 are believed up to their expiry")
    func rfc() throws {
        let expiry = Timestamp(milliseconds: RFC7515.expirySeconds * 1000)
        let secret = try #require(Base64.url.decode(RFC7515.secret.utf8))
        let claims = JSONWebTokens.Claims(issuer: Array("joe".utf8), nameClaim: Array("iss".utf8))
        let symmetric = JSONWebTokens(key: .hs256(secret: secret), claims: claims)
        let keys = try PublicKeySet(pem: Array(RFC7515.publicKey.utf8))
        let asymmetric = JSONWebTokens(key: .rs256(keys), claims: claims)
        for (tokens, text) in [(symmetric, RFC7515.hs256), (asymmetric, RFC7515.rs256)] {
            let token = try tokens.token(text.utf8, now: Timestamp(milliseconds: expiry.milliseconds - 1))
            #expect(token.name.description == "joe" && token.expiry == expiry && token.issuedAt == nil)
            let late = Timestamp(milliseconds: expiry.milliseconds + 60_000)
            #expect(throws: JSONWebTokenError.expired(expiry)) { try tokens.token(text.utf8, now: late) }
        }
    }

    @Test("Tokens that PyJWT made are believed, whichever of the keys they name")
    func independent() throws {
        let symmetric = try Self.symmetric().token(ProviderSamples.hs256.utf8, now: Self.now)
        #expect(symmetric.name.description == "alice" && symmetric.issuedAt == Self.now)
        let asymmetric = try Self.asymmetric()
        #expect(
            try asymmetric.token(ProviderSamples.rs256ByA.utf8, now: Self.now).name.description == "alice")
        #expect(
            try asymmetric.token(ProviderSamples.rs256ByB.utf8, now: Self.now).name.description == "Zoë 😀")
    }

    @Test("A token that names none of several keys is of an unknown one; one that names another's is forged")
    func keySelection() throws {
        #expect(throws: JSONWebTokenError.unknownKey) {
            try Self.asymmetric().token(ProviderSamples.rs256WithoutKid.utf8, now: Self.now)
        }
        let swapped = "kid: b\n\(ProviderSamples.keyA)\nkid: a\n\(ProviderSamples.keyB)"
        let tokens = JSONWebTokens(
            key: .rs256(try PublicKeySet(pem: Array(swapped.utf8))), claims: Self.expected)
        #expect(throws: JSONWebTokenError.forged) {
            try tokens.token(ProviderSamples.rs256ByA.utf8, now: Self.now)
        }
        let only = JSONWebTokens(
            key: .rs256(try PublicKeySet(pem: Array(ProviderSamples.keyA.utf8))), claims: Self.expected)
        _ = try only.token(ProviderSamples.rs256WithoutKid.utf8, now: Self.now)
    }

    @Test("The configuration chooses the algorithm: a token that asks for another is refused, none included")
    func algorithms() throws {
        let others = [ProviderSamples.ps256, ProviderSamples.hs512, ProviderSamples.unsigned]
        for text in others + [ProviderSamples.rs256ByA] {
            #expect(throws: JSONWebTokenError.wrongAlgorithm) {
                try Self.symmetric().token(text.utf8, now: Self.now)
            }
        }
        for text in others + [ProviderSamples.hs256, ProviderSamples.confused] {
            #expect(throws: JSONWebTokenError.wrongAlgorithm) {
                try Self.asymmetric().token(text.utf8, now: Self.now)
            }
        }
    }

    @Test("A token is refused after any change of any of its characters", arguments: [false, true])
    func tampering(isAsymmetric: Bool) throws {
        let tokens = try isAsymmetric ? Self.asymmetric() : Self.symmetric()
        let text = Array((isAsymmetric ? ProviderSamples.rs256ByA : ProviderSamples.hs256).utf8)
        _ = try tokens.token(text, now: Self.now)
        for index in text.indices {
            for byte in Array("AQgw.=-_ \u{E9}".utf8) where byte != text[index] {
                var changed = text
                changed[index] = byte
                #expect(throws: JSONWebTokenError.self, "character \(index) made \(byte)") {
                    try tokens.token(changed, now: Self.now)
                }
            }
        }
    }

    @Test("A cut or empty signature is forged, a lengthened one too")
    func signatureLengths() throws {
        for (tokens, text) in [
            (Self.symmetric(), ProviderSamples.hs256), (try Self.asymmetric(), ProviderSamples.rs256ByA),
        ] {
            let parts = text.split(separator: ".")
            let signature = try #require(Base64.url.decode(parts[2].utf8))
            let others = [[], Array(signature.dropLast()), signature + [0], [0] + signature]
            for other in others {
                let changed =
                    parts[0] + "." + parts[1] + "."
                    + String(decoding: Base64.url.encode(other), as: UTF8.self)
                #expect(throws: JSONWebTokenError.forged) { try tokens.token(changed.utf8, now: Self.now) }
            }
        }
    }

    @Test("A token of more than 8 KiB is not even looked at")
    func size() throws {
        let claims = #"{"exp":1795163600,"sub":"alice","fill":"\#(String(repeating: "x", count: 6200))"}"#
        #expect(throws: JSONWebTokenError.tooLarge(bytes: 8388)) {
            try SignedText(claims: claims).read()
        }
        let fitting = SignedText(
            claims: #"{"exp":1795163600,"sub":"a","fill":"\#(String(repeating: "x", count: 6000))"}"#)
        #expect(try fitting.read().name.description == "a")
    }

    @Test(
        "What is not three parts of base 64 is malformed",
        arguments: ["", "a", "a.b", "a.b.c.d", "..", "e30.e30", "e30=.e30.e30", "e30.e3.e30", "e3 0.e30.e30"])
    func malformedText(text: String) {
        #expect(throws: JSONWebTokenError.self) { try Self.symmetric().token(text.utf8, now: Self.now) }
    }

    @Test(
        "Headers have to be strict JSON with an algorithm and without extensions that must be understood",
        arguments: [
            "", "[]", "{}", #"{"alg":null}"#, #"{"alg":"HS256"}x"#, #"{"alg":"HS256","alg":"HS256"}"#,
            #"{"alg":"HS256","\u0061lg":"none"}"#, #"{"alg":"HS256","crit":["exp"]}"#,
            #"{"alg":"HS256","kid":1}"#, #"{"alg":["HS256"]}"#, "{\"alg\":\"HS256\",\"x\":\"\u{1}\"}",
        ])
    func malformedHeader(header: String) {
        #expect { try SignedText(header: header).read() } throws: { Self.isMalformed($0, "header") }
    }

    @Test("What a header brings along besides is not looked at")
    func ignoredHeader() throws {
        let header =
            #"{"jwk":{"kty":"oct","k":"AAAA"},"jku":"https://evil.example","x5c":["MII"],"#
            + #""typ":"at+jwt","alg":"HS256"}"#
        #expect(try SignedText(header: header).read().name.description == "alice")
        #expect(throws: JSONWebTokenError.forged) {
            try SignedText(header: header, secret: [0, 0, 0]).read()
        }
    }

    @Test(
        "Algorithms are compared byte by byte",
        arguments: ["none", "None", "NONE", "hs256", "HS256 ", "HS384", "RS256", ""])
    func otherAlgorithms(algorithm: String) {
        #expect(throws: JSONWebTokenError.wrongAlgorithm) {
            try SignedText(header: #"{"alg":"\#(algorithm)"}"#).read()
        }
    }

    static func symmetric() -> JSONWebTokens {
        JSONWebTokens(key: .hs256(secret: Array(ProviderSamples.secret.utf8)), claims: expected)
    }

    static func asymmetric() throws -> JSONWebTokens {
        let text = "kid: a\n\(ProviderSamples.keyA)\nkid: b\n\(ProviderSamples.keyB)\n"
        return JSONWebTokens(key: .rs256(try PublicKeySet(pem: Array(text.utf8))), claims: expected)
    }

    static func isMalformed(_ error: any Error, _ part: String) -> Bool {
        guard case .malformed(let detail) = error as? JSONWebTokenError else { return false }
        return detail.contains(part)
    }
}
