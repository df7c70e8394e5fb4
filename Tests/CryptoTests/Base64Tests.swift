import LogLine
import TestSupport
import Testing

@testable import Crypto

@Suite("Base 64")
struct Base64Tests {
    @Test(
        "The examples of RFC 4648, section 10 come out, and are read back",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ])
    func examples(plain: String, text: String) {
        #expect(Base64.standard.encode(Array(plain.utf8)) == Array(text.utf8))
        #expect(Base64.standard.decode(text.utf8) == Array(plain.utf8))
        let unpadded = Array(text.utf8.filter { $0 != UInt8(ascii: "=") })
        #expect(Base64.url.encode(Array(plain.utf8)) == unpadded)
        #expect(Base64.url.decode(unpadded) == Array(plain.utf8))
    }

    @Test("The two alphabets differ in their last two characters")
    func alphabets() {
        #expect(Base64.standard.encode([0xFB, 0xEF, 0xFF]) == Array("++//".utf8))
        #expect(Base64.url.encode([0xFB, 0xEF, 0xFF]) == Array("--__".utf8))
        #expect(Base64.url.decode("++//".utf8) == nil && Base64.standard.decode("--__".utf8) == nil)
    }

    @Test(
        "Padding, white space, single characters and non-zero bits behind the last byte are refused",
        arguments: ["Zg==", "Zg=", "Zm9v\n", " Zm9v", "Zm 9v", "Z", "Zm9vY", "Zh", "Zm9", "Zm9v\0", "Zm9é"])
    func refusal(text: String) {
        #expect(Base64.url.decode(text.utf8) == nil)
    }

    @Test(
        "With padding it must be there, and be all of it",
        arguments: ["Zg", "Zg=", "Zg===", "Zh==", "=", "Zg==Zg=="])
    func paddingRefusal(text: String) {
        #expect(Base64.standard.decode(text.utf8) == nil)
    }

    @Test("Any bytes are read back, and no other text of that length stands for them")
    func roundTrip() {
        let seed: UInt64 = 64
        var random = SplitMix64(seed: seed)
        for count in 0..<100 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = Base64.url.encode(bytes)
            #expect(Base64.url.decode(text) == bytes, "seed \(seed), \(count) bytes")
            guard let last = text.indices.last else { continue }
            for other in 0...255 where UInt8(other) != text[last] {
                var changed = text
                changed[last] = UInt8(other)
                #expect(Base64.url.decode(changed) != bytes, "seed \(seed), \(count) bytes, \(other)")
            }
        }
    }
}
