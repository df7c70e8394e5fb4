import Testing

@testable import Crypto

/// One case of RFC 4231, section 4.
struct HMACVector: Sendable, CustomTestStringConvertible {
    let name: String
    let key: [UInt8]
    let bytes: [UInt8]
    /// Hexadecimal; the fifth case shows only the first half.
    let tag: String

    var testDescription: String { name }

    static let rfc4231 = [
        HMACVector(
            name: "case 1", key: Array(repeating: 0x0B, count: 20), bytes: Array("Hi There".utf8),
            tag: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        HMACVector(
            name: "case 2", key: Array("Jefe".utf8), bytes: Array("what do ya want for nothing?".utf8),
            tag: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        HMACVector(
            name: "case 3", key: Array(repeating: 0xAA, count: 20), bytes: Array(repeating: 0xDD, count: 50),
            tag: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        HMACVector(
            name: "case 4", key: Array(1...25), bytes: Array(repeating: 0xCD, count: 50),
            tag: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        HMACVector(
            name: "case 5", key: Array(repeating: 0x0C, count: 20), bytes: Array("Test With Truncation".utf8),
            tag: "a3b6167473100ee06e0c796c2955552b"),
        HMACVector(
            name: "case 6", key: Array(repeating: 0xAA, count: 131),
            bytes: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            tag: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        HMACVector(
            name: "case 7", key: Array(repeating: 0xAA, count: 131),
            bytes: Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
            tag: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    ]
}

@Suite("HMAC-SHA-256")
struct HMACSHA256Tests {
    @Test("The vectors of RFC 4231 come out", arguments: HMACVector.rfc4231)
    func vectors(vector: HMACVector) {
        let tag = HMACSHA256(key: vector.key).tag(of: vector.bytes)
        #expect(tag.count == HMACSHA256.tagBytes)
        #expect(HexadecimalBytes.text(tag).hasPrefix(vector.tag))
    }

    @Test("A keyed value authenticates any number of texts, each for itself")
    func reuse() {
        let keyed = HMACSHA256(key: Array("Jefe".utf8))
        let first = keyed.tag(of: Array("a".utf8))
        _ = keyed.tag(of: Array("b".utf8))
        #expect(keyed.tag(of: Array("a".utf8)) == first)
    }

    @Test("A tag is refused after any change of a single bit, of it or of the text, and when it is cut")
    func refusal() {
        let keyed = HMACSHA256(key: Array("key".utf8))
        let text = Array("a line".utf8)
        let tag = keyed.tag(of: text)
        #expect(keyed.isValid(tag, of: text))
        for bit in 0..<tag.count * 8 {
            #expect(!keyed.isValid(flipping(bit, of: tag), of: text))
        }
        for bit in 0..<text.count * 8 {
            #expect(!keyed.isValid(tag, of: flipping(bit, of: text)))
        }
        #expect(!keyed.isValid(Array(tag.dropLast()), of: text))
        #expect(!keyed.isValid([], of: text))
        #expect(!HMACSHA256(key: Array("kez".utf8)).isValid(tag, of: text))
    }

    @Test("The empty text and the empty key have a tag")
    func empty() {
        let tag = HMACSHA256(key: []).tag(of: [])
        let expected = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        #expect(HexadecimalBytes.text(tag) == expected)
    }

    private func flipping(_ bit: Int, of bytes: [UInt8]) -> [UInt8] {
        var changed = bytes
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        return changed
    }
}
