import LogLine
import TestSupport
import Testing

@testable import Crypto

@Suite("Access tokens")
struct AccessTokenTests {
    private static let secret = Array("a cluster's secret of some length".utf8)
    private static let issued = Timestamp(milliseconds: 1_795_160_000_000)
    private static let lifetime = Duration.seconds(30 * 86_400)
    /// Made with Python's struct and cryptography 50 from the table in `AccessTokens`.
    private static let golden = Array(
        "AQAAAAAAAAAqAAAAAGr_98AAJ40ABUFsaWNlBXBob25lhJTXXwb3MMOxirL9VBR7HR1hTHj3cKxke31IPn6uTjI".utf8)

    private let tokens = AccessTokens(secret: secret)

    @Test("The golden token is made of its content, and says it again")
    func golden() throws {
        let token = try alice()
        #expect(tokens.text(of: token) == Self.golden)
        let read = try tokens.token(Self.golden, now: Self.issued)
        #expect(read == token && read.expiry == Timestamp(milliseconds: 1_797_752_000_000))
    }

    @Test("Any content is read back, and the longest has the greatest length")
    func roundTrip() throws {
        let seed: UInt64 = 4
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let token = AccessToken(
                name: try name(String(repeating: "é", count: .random(in: 1...32, using: &random))),
                generation: Offset(.random(in: 0...UInt64.max, using: &random)),
                issuedAt: Timestamp(
                    milliseconds: .random(in: 0...Timestamp.latest.milliseconds, using: &random)),
                lifetime: .seconds(Int64.random(in: 1...Int64(UInt32.max), using: &random)),
                label: [UInt8](repeating: 0x2E, count: .random(in: 0...32, using: &random)))
            let text = tokens.text(of: token)
            #expect(text.count <= AccessTokens.textBytesMax)
            #expect(try tokens.token(text, now: token.issuedAt) == token, "seed \(seed)")
        }
        let longest = AccessToken(
            name: try name(String(repeating: "a", count: 64)), generation: .zero, issuedAt: Self.issued,
            lifetime: .seconds(1), label: [UInt8](repeating: 0x61, count: 32))
        #expect(tokens.text(of: longest).count == AccessTokens.textBytesMax)
    }

    @Test("A token is good up to its last millisecond, and not from its expiry on")
    func expiry() throws {
        let end = Self.issued.milliseconds + 30 * 86_400_000
        _ = try tokens.token(Self.golden, now: Timestamp(milliseconds: end - 1))
        for late in [0, 1, 86_400_000] {
            #expect(throws: AccessTokenError.expired(Timestamp(milliseconds: end))) {
                try tokens.token(Self.golden, now: Timestamp(milliseconds: end + Int64(late)))
            }
        }
    }

    @Test("A token of a pod whose clock is ahead is good")
    func future() throws {
        _ = try tokens.token(Self.golden, now: Timestamp(milliseconds: 0))
    }

    @Test("Fractions of seconds are dropped")
    func wholeSeconds() throws {
        let token = AccessToken(
            name: try name("a"), generation: Offset(1), issuedAt: Timestamp(milliseconds: 1999),
            lifetime: .milliseconds(1999))
        #expect(token.issuedAt.milliseconds == 1000 && token.expiry.milliseconds == 2000)
    }

    @Test("A token is refused after any change of any of its characters")
    func tampering() {
        for index in Self.golden.indices {
            for byte in UInt8.min...UInt8.max where byte != Self.golden[index] {
                var changed = Self.golden
                changed[index] = byte
                #expect(isRefused(changed), "character \(index) made \(byte)")
            }
        }
    }

    @Test("A token is refused after any change of a bit of what it stands for: forged, or of another version")
    func tamperedBits() throws {
        let bytes = try #require(Base64.url.decode(Self.golden))
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let expected = bit < 8 ? AccessTokenError.malformed : .forged
            #expect(throws: expected) { try tokens.token(Base64.url.encode(changed), now: Self.issued) }
        }
    }

    @Test("A token is refused when it is cut, lengthened, padded or surrounded by anything")
    func lengths() {
        for count in 0..<Self.golden.count { #expect(isRefused(Array(Self.golden.prefix(count)))) }
        for other in ["A", "AA", "=", " ", "\n", "."] {
            #expect(isRefused(Self.golden + Array(other.utf8)))
            #expect(isRefused(Array(other.utf8) + Self.golden))
        }
        #expect(throws: AccessTokenError.malformed) {
            try tokens.token([UInt8](repeating: 0x41, count: 1 << 20), now: Self.issued)
        }
    }

    @Test("A token of another cluster, and one signed with the secret itself, are forged")
    func otherKeys() throws {
        let other = AccessTokens(secret: Array("another cluster's secret".utf8))
        #expect(throws: AccessTokenError.forged) {
            try tokens.token(other.text(of: alice()), now: Self.issued)
        }
        let bytes = try #require(Base64.url.decode(Self.golden))
        let signed = Array(bytes.dropLast(HMACSHA256.tagBytes))
        let resigned = signed + HMACSHA256(key: Self.secret).tag(of: signed)
        #expect(throws: AccessTokenError.forged) {
            try tokens.token(Base64.url.encode(resigned), now: Self.issued)
        }
    }

    @Test(
        "Rightly signed bytes that are no token are malformed",
        arguments: [
            // Version, generation, issued at, lifetime, name, label.
            [[2], zeros(8), zeros(8), [0, 0, 0, 1], [1, 0x61], [0]],
            [[1], zeros(8), zeros(8), [0, 0, 0, 0], [1, 0x61], [0]],
            [[1], zeros(8), [UInt8](repeating: 0xFF, count: 8), [0, 0, 0, 1], [1, 0x61], [0]],
            [[1], zeros(8), zeros(8), [0, 0, 0, 1], [0], [0]],
            [[1], zeros(8), zeros(8), [0, 0, 0, 1], [1, 0x0A], [0]],
            [[1], zeros(8), zeros(8), [0, 0, 0, 1], [1, 0xFF], [0]],
            [[1], zeros(8), zeros(8), [0, 0, 0, 1], [2, 0x61], [0]],
            [[1], zeros(8), zeros(8), [0, 0, 0, 1], [1, 0x61], [1, 0x20]],
            [[1], zeros(8), zeros(8), [0, 0, 0, 1], [1, 0x61], [0, 0]],
            [[1], zeros(8), zeros(8), [0, 0, 0, 1], [1, 0x61], []],
        ])
    func malformedContent(parts: [[UInt8]]) {
        let signed = parts.flatMap { $0 }
        let key = DerivedKey(secret: Self.secret, for: .accessTokens).bytes
        let text = Base64.url.encode(signed + HMACSHA256(key: key).tag(of: signed))
        #expect(throws: AccessTokenError.malformed) {
            try tokens.token(text, now: Timestamp(milliseconds: 0))
        }
    }

    @Test("Random texts are no tokens")
    func garbage() {
        let seed: UInt64 = 11
        var random = SplitMix64(seed: seed)
        for _ in 0..<2000 {
            let count = Int.random(in: 0...250, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(isRefused(bytes) && isRefused(Base64.url.encode([1] + bytes)), "seed \(seed)")
        }
    }

    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    private func isRefused(_ text: [UInt8]) -> Bool {
        do {
            _ = try tokens.token(text, now: Self.issued)
            return false
        } catch { return error != .expired(Self.issued) }
    }

    private func name(_ text: String) throws -> Author { try Author(validating: Array(text.utf8)) }

    private func alice() throws -> AccessToken {
        AccessToken(
            name: try name("Alice"), generation: Offset(42), issuedAt: Self.issued, lifetime: Self.lifetime,
            label: Array("phone".utf8))
    }
}
