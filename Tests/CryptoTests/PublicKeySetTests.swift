import Testing

@testable import Crypto

@Suite("Public keys in files")
struct PublicKeySetTests {
    @Test("A key alone needs no name")
    func single() throws {
        let keys = try set(ProviderSamples.keyA)
        #expect(keys.count == 1)
        #expect(keys.key(named: nil) != nil && keys.key(named: Array("any".utf8)) != nil)
    }

    @Test(
        "Several keys are told apart by the lines before them; other text and carriage returns do not count"
    )
    func named() throws {
        let text =
            "Keys of id.example\n\nkid: a\n\(ProviderSamples.keyA)\n  kid:\tb  \n\(ProviderSamples.keyB)\n\n"
        for text in [text, text.replacing("\n", with: "\r\n")] {
            let keys = try set(text)
            #expect(keys.count == 2)
            #expect(keys.key(named: Array("a".utf8)) != nil && keys.key(named: Array("b".utf8)) != nil)
            #expect(keys.key(named: Array("a".utf8)) !== keys.key(named: Array("b".utf8)))
            #expect(keys.key(named: Array("c".utf8)) == nil && keys.key(named: nil) == nil)
        }
    }

    @Test("A key without name serves tokens that name none, or one that is not there")
    func unnamed() throws {
        let keys = try set("kid: a\n\(ProviderSamples.keyA)\n\(ProviderSamples.keyB)")
        #expect(keys.key(named: nil) === keys.key(named: Array("c".utf8)))
        #expect(keys.key(named: nil) !== keys.key(named: Array("a".utf8)))
    }

    @Test("A token without name takes the only key, named or not")
    func onlyNamed() throws {
        let keys = try set("kid: a\n\(ProviderSamples.keyA)")
        #expect(keys.key(named: nil) != nil && keys.key(named: Array("b".utf8)) == nil)
    }

    @Test(
        "What cannot be used is refused with its line and its reason",
        arguments: [
            ("", .noKey, "no -----BEGIN PUBLIC KEY-----"),
            ("kid: a\n", .badName, "no key behind it"),
            ("kid:\n\(ProviderSamples.keyA)", .badName, "line 1: a kid must be one name"),
            ("kid: a\nkid: b\n\(ProviderSamples.keyA)", .badName, "line 2: a kid must be one name"),
            (
                "\(ProviderSamples.keyA)\n\(ProviderSamples.keyB)", .badName,
                "line 10: a second key without name"
            ),
            (
                "kid: a\n\(ProviderSamples.keyA)\nkid: a\n\(ProviderSamples.keyB)", .badName,
                "line 12: a second key of the same kid"
            ),
            (ProviderSamples.smallKey, .wrongSize, "line 1: the key has 1024 bits; it takes 2048 to 16384"),
            (ProviderSamples.curveKey, .wrongKind, "no key of RSA"),
            (ProviderSamples.keyAOfPKCS1, .wrongKind, "RSA PUBLIC KEY; write it as a PUBLIC KEY"),
            (relabelled("CERTIFICATE"), .wrongKind, "CERTIFICATE; take its key out"),
            (relabelled("PRIVATE KEY"), .wrongKind, "it does not belong here"),
            (relabelled("RSA PRIVATE KEY"), .wrongKind, "it does not belong here"),
            (relabelled("PGP MESSAGE"), .wrongKind, "PGP MESSAGE; a PUBLIC KEY is expected"),
            (altered("-----END PUBLIC KEY-----", ""), .malformed, "line 1: the block has no END"),
            (altered("END PUBLIC", "END PRIVATE"), .malformed, "no END line of its own"),
            (altered("MIIBIjAN", "MIIB*jAN"), .malformed, "not base 64"),
            (altered("MIIBIjAN", "MIIBIjA"), .malformed, "not base 64"),
            (altered("MIIBIjAN", "MIIBIjAM"), .malformed, "no public key"),
            (altered("IDAQAB", "IDAQAA"), .malformed, "numbers are none of RSA"),
            (altered("IDAQAB", "IDAQABAAAA"), .malformed, "no public key"),
            ("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----", .malformed, "not base 64"),
            (String(repeating: "x", count: 65_537), .tooLarge, "65537 bytes; the limit is 65536"),
            (many(17), .tooLarge, "17 keys; the limit is 16"),
        ] as [(String, PublicKeyError.Code, String)])
    func refusal(text: String, code: PublicKeyError.Code, part: String) throws {
        let thrown = #expect(throws: PublicKeyError.self) { try set(text) }
        let error = try #require(thrown)
        #expect(error.code == code)
        #expect(error.description.contains(part) && !error.description.contains("\n"), "\(error)")
    }

    private func set(_ text: String) throws -> PublicKeySet { try PublicKeySet(pem: Array(text.utf8)) }

    private static func altered(_ part: String, _ other: String) -> String {
        ProviderSamples.keyA.replacing(part, with: other)
    }

    private static func relabelled(_ label: String) -> String { altered("PUBLIC KEY", label) }

    private static func many(_ count: Int) -> String {
        (0..<count).map { "kid: \($0)\n\(ProviderSamples.keyA)\n" }.joined()
    }
}
