import LogLine
import Testing

@testable import Crypto

/// Claims in tokens with right signatures, at 1795160000 where nothing else is said.
@Suite("Claims of an identity provider's tokens")
struct JSONWebTokenClaimTests {
    private static let now: Int64 = 1_795_160_000

    @Test("A token is good until a minute after its expiry, the clocks' difference being granted")
    func expiry() throws {
        let text = SignedText(claims: #"{"exp":1795160000,"sub":"a"}"#)
        _ = try text.read(at: Self.now + 59)
        let end = JSONWebTokenError.expired(Timestamp(milliseconds: Self.now * 1000))
        for late in [60, 61, 1_000_000] as [Int64] {
            #expect(throws: end) { try text.read(at: Self.now + late) }
        }
    }

    @Test("A token is good from a minute before its beginning", arguments: ["nbf", "iat"])
    func beginning(claim: String) throws {
        let text = SignedText(claims: #"{"exp":1795170000,"sub":"a","\#(claim)":1795160000}"#)
        _ = try text.read(at: Self.now - 60)
        let start = JSONWebTokenError.notYetValid(Timestamp(milliseconds: Self.now * 1000))
        #expect(throws: start) { try text.read(at: Self.now - 61) }
    }

    @Test("Times may have fractions, which are dropped, and end with the year 9999")
    func times() throws {
        let fraction = try SignedText(claims: #"{"exp":1795160000.999,"sub":"a"}"#).read()
        #expect(fraction.expiry.milliseconds == Self.now * 1000)
        #expect(try SignedText(claims: #"{"exp":999999999999,"sub":"a"}"#).read().expiry == .latest)
    }

    @Test(
        "Claims have to be strict JSON with an expiry",
        arguments: [
            "", "null", #"{"sub":"a"}"#, #"{"exp":"1795163600","sub":"a"}"#, #"{"exp":null,"sub":"a"}"#,
            #"{"exp":-1,"sub":"a"}"#, #"{"exp":1e12,"sub":"a"}"#, #"{"exp":1795163600000,"sub":"a"}"#,
            #"{"exp":1795163600,"exp":1795163600,"sub":"a"}"#, #"{"exp":1795163600,"sub":"a"} {}"#,
            #"{"exp":1795163600,"nbf":"0","sub":"a"}"#, #"{"exp":1795163600,"iat":true,"sub":"a"}"#,
            #"{"exp":1795163600,"sub":1}"#, #"{"exp":1795163600,"sub":"a","iss":{}}"#,
            #"{"exp":1795163600,"sub":"a","aud":1}"#, #"{"exp":1795163600,"sub":"a","aud":["a",1]}"#,
            #"{"exp":1795163600,"sub":"\ud800"}"#, #"{"exp":01795163600,"sub":"a"}"#,
        ])
    func malformed(claims: String) {
        #expect { try SignedText(claims: claims).read() } throws: {
            JSONWebTokenTests.isMalformed($0, "claims")
        }
    }

    @Test("A list of audiences has a bound")
    func audienceBound() {
        for (count, isGood) in [(64, true), (65, false)] {
            let list = [String](repeating: #""a""#, count: count).joined(separator: ",")
            let text = SignedText(claims: #"{"exp":1795163600,"sub":"a","aud":[\#(list)]}"#)
            let token = try? text.read(.init(audience: Array("a".utf8)))
            #expect((token != nil) == isGood)
        }
    }

    @Test("A configured issuer has to be the token's")
    func issuer() throws {
        let expected = JSONWebTokens.Claims(issuer: Array("https://id.example".utf8))
        _ = try SignedText(claims: #"{"exp":1795163600,"sub":"a","iss":"https://id.example"}"#).read(expected)
        for claims in [
            #"{"exp":1795163600,"sub":"a"}"#, #"{"exp":1795163600,"sub":"a","iss":"https://id.example/"}"#,
        ] {
            #expect(throws: JSONWebTokenError.wrongIssuer) { try SignedText(claims: claims).read(expected) }
        }
    }

    @Test(
        "A configured audience has to be among the token's",
        arguments: [
            (#""chat""#, true), (#"["chat"]"#, true), (#" [ "mail" , "chat" ]"#, true), (#"["mail"]"#, false),
            (#""mail""#, false), ("[]", false), (#""chat ""#, false), (#""""#, false),
        ])
    func audience(value: String, isGood: Bool) {
        let text = SignedText(claims: #"{"exp":1795163600,"sub":"a","aud":\#(value)}"#)
        let expected = JSONWebTokens.Claims(audience: Array("chat".utf8))
        if isGood {
            #expect(throws: Never.self) { try text.read(expected) }
        } else {
            #expect(throws: JSONWebTokenError.wrongAudience) { try text.read(expected) }
        }
    }

    @Test(
        "A token without audience is refused where one is configured, and the other way round"
    )
    func noAudience() {
        #expect(throws: JSONWebTokenError.wrongAudience) {
            try SignedText().read(.init(audience: Array("chat".utf8)))
        }
        #expect(throws: JSONWebTokenError.wrongAudience) {
            try SignedText(claims: #"{"exp":1795163600,"sub":"a","aud":"chat"}"#).read()
        }
        #expect(throws: Never.self) {
            try SignedText(claims: #"{"exp":1795163600,"sub":"a","aud":[]}"#).read()
        }
    }

    @Test("The name is the preferred one, else the subject; a configured claim is the only one")
    func names() throws {
        let both = SignedText(
            claims: #"{"exp":1795163600,"preferred_username":"alice","sub":"17","nick":"Al"}"#)
        #expect(try both.read().name.description == "alice")
        #expect(try SignedText(claims: #"{"exp":1795163600,"sub":"17"}"#).read().name.description == "17")
        #expect(try both.read(.init(nameClaim: Array("nick".utf8))).name.description == "Al")
        #expect(throws: JSONWebTokenError.unusableName("the token has no email")) {
            try both.read(.init(nameClaim: Array("email".utf8)))
        }
        #expect(throws: JSONWebTokenError.unusableName("the token has no preferred_username or sub")) {
            try SignedText(claims: #"{"exp":1795163600}"#).read()
        }
    }

    @Test(
        "A name that cannot be an author's is refused, without a look at the next claim",
        arguments: ["", String(repeating: "a", count: 65), "a\\nb", "\\u0000"])
    func badNames(name: String) {
        let text = SignedText(claims: #"{"exp":1795163600,"preferred_username":"\#(name)","sub":"17"}"#)
        #expect { try text.read() } throws: {
            guard case .unusableName(let detail) = $0 as? JSONWebTokenError else { return false }
            return detail.contains("author")
        }
    }

    @Test("A token with a wrong signature is forged, whatever it claims")
    func signatureFirst() {
        for claims in ["", "{}", #"{"exp":0,"sub":"a"}"#, #"{"exp":1795163600,"sub":"a","aud":"x"}"#] {
            #expect(throws: JSONWebTokenError.forged) {
                try SignedText(claims: claims, secret: Array("another secret".utf8)).read()
            }
        }
    }
}
