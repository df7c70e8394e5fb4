import Testing

@testable import Crypto

@Suite("Derived keys")
struct DerivedKeyTests {
    @Test("The steps of HKDF are those of RFC 5869, appendices A.1 and A.3")
    func vectors() {
        let input = [UInt8](repeating: 0x0B, count: 22)
        let first = DerivedKey.extract(secret: input, salt: Array(0x00...0x0C))
        let firstHex = "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"
        #expect(HexadecimalBytes.text(first) == firstHex)
        let block = DerivedKey.expand(first, info: Array(0xF0...0xF9))
        let blockHex = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
        #expect(HexadecimalBytes.text(block) == blockHex)
        let unsalted = DerivedKey.expand(DerivedKey.extract(secret: input, salt: []), info: [])
        let unsaltedHex = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
        #expect(HexadecimalBytes.text(unsalted) == unsaltedHex)
    }

    @Test("A key for tokens is the one that Python's cryptography 50 derives")
    func independent() {
        let key = DerivedKey(secret: Array("a cluster's secret of some length".utf8), for: .accessTokens)
        let expected = "076aeb35ac853f474edd89a6dad0522b8ce78ae8230f918a7824a7c31aad288d"
        #expect(HexadecimalBytes.text(key.bytes) == expected)
        #expect(key.bytes.count == DerivedKey.bytesCount)
    }

    @Test("No purpose shares a key with another, with another secret or with the secret itself")
    func separation() {
        let secrets = ["0123456789abcdef", "0123456789abcdeg"].map { Array($0.utf8) }
        var keys = Set(secrets)
        for secret in secrets {
            for purpose in DerivedKey.Purpose.allCases {
                keys.insert(DerivedKey(secret: secret, for: purpose).bytes)
            }
        }
        #expect(keys.count == secrets.count * (1 + DerivedKey.Purpose.allCases.count))
    }

    @Test("A key is not shown")
    func discretion() {
        let key = DerivedKey(secret: Array("0123456789abcdef".utf8), for: .accessTokens)
        var dumped = ""
        dump(key, to: &dumped)
        #expect("\(key)" == "key of 32 bytes" && !dumped.contains(String(key.bytes[0]) + "\n"))
    }
}
