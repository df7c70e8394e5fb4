import Testing

@testable import Crypto

@Suite("Secrets and randomness")
struct SecretBytesTests {
    @Test("Equality of bytes is that of arrays, the empty one included")
    func equality() {
        let samples: [[UInt8]] = [[], [0], [1], [0, 0], [1, 2, 3], [1, 2, 4], [9, 2, 3]]
        for left in samples {
            for right in samples {
                #expect(ConstantTime.equal(left, right) == (left == right))
            }
        }
    }

    @Test("Random bytes have the length asked for and do not come twice")
    func randomBytes() {
        #expect(SecureRandom.bytes(0).isEmpty)
        let drawn = (0..<100).map { _ in SecureRandom.bytes(16) }
        #expect(drawn.allSatisfy { $0.count == 16 })
        #expect(Set(drawn).count == drawn.count)
    }

    @Test("Random numbers use all 64 bits")
    func randomNumbers() {
        let drawn = (0..<200).map { _ in SecureRandom.uint64() }
        #expect(Set(drawn).count == drawn.count)
        #expect(drawn.reduce(0, |) == UInt64.max)
        #expect(drawn.reduce(UInt64.max, &) == 0)
    }

    @Test("Hexadecimal text is read back")
    func hexadecimal() {
        let all = (0...255).map(UInt8.init)
        #expect(HexadecimalBytes.text([0x00, 0x0F, 0xA0, 0xFF]) == "000fa0ff")
        #expect(HexadecimalBytes.parse(Array(HexadecimalBytes.text(all).utf8)) == all)
    }

    @Test("Odd, upper case and other digits are refused", arguments: ["0", "0g", "FF", "0x00", " 0", "é"])
    func hexadecimalRefusal(text: String) {
        #expect(HexadecimalBytes.parse(Array(text.utf8)) == nil)
    }
}
