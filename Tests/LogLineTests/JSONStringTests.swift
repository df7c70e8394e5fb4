import TestSupport
import Testing

@testable import LogLine

@Suite("JSON strings")
struct JSONStringTests {
    private func escaped(_ text: [UInt8]) -> String {
        let out = ByteBuffer()
        out.appendJSONString(text)
        return out.text
    }

    private func unescaped(_ content: String) -> [UInt8] {
        Array(content.utf8).withUnsafeBytes { JSONString.unescape($0) }
    }

    @Test("Every ASCII character is escaped as the canonical form says")
    func ascii() {
        let short: [UInt8: String] = [
            0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0C: "\\f", 0x0D: "\\r", 0x22: "\\\"", 0x5C: "\\\\",
        ]
        for byte in UInt8(0)...0x7F {
            let digits = String(byte, radix: 16)
            let long = "\\u00" + (byte < 0x10 ? "0" : "") + digits
            let plain = String(decoding: [byte], as: UTF8.self)
            let expected = short[byte] ?? (byte < 0x20 ? long : plain)
            #expect(escaped([byte]) == "\"\(expected)\"")
            #expect(unescaped(expected) == [byte])
        }
    }

    @Test("Every character of Unicode comes through escaping, a strict reader and unescaping")
    func allOfUnicode() throws {
        for plane in UInt32(0)...16 {
            var text: [UInt8] = []
            text.reserveCapacity(4 << 16)
            for code in (plane << 16)..<((plane + 1) << 16) {
                guard let scalar = Unicode.Scalar(code), let bytes = UTF8.encode(scalar) else { continue }
                text.append(contentsOf: bytes)
            }
            let out = ByteBuffer()
            out.appendJSONString(text)
            var reader = JSONReader(out.pointer)
            let read = try reader.string(field: nil)
            try reader.end()
            #expect(read == text, "plane \(plane)")
        }
    }

    @Test("A character to be escaped is found at every place of a word and its tail")
    func everyPlace() {
        for length in 1...40 {
            for place in 0..<length {
                for byte in [UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x00, 0x0A, 0x1F] {
                    var text = [UInt8](repeating: UInt8(ascii: "x"), count: length)
                    text[place] = byte
                    let content = String(escaped(text).dropFirst().dropLast())
                    #expect(content.utf8.count == length + (byte == 0x00 || byte == 0x1F ? 5 : 1))
                    #expect(unescaped(content) == text, "\(byte) at \(place) of \(length)")
                }
            }
        }
    }

    @Test("Random bytes below 0x80 come through, long ones too")
    func random() {
        let seed: UInt64 = 0x5eed_0003
        var random = SplitMix64(seed: seed)
        for round in 0..<300 {
            let text = random.bytes(random.below(round < 290 ? 100 : 5_000)).map { $0 & 0x7F }
            #expect(
                unescaped(String(escaped(text).dropFirst().dropLast())) == text, "seed \(seed), \(round)")
        }
    }

    @Test("A long text takes little more memory than its bytes, though each could take six")
    func memory() {
        let out = ByteBuffer()
        out.appendJSONString([UInt8](repeating: UInt8(ascii: "x"), count: 65_536))
        #expect(out.capacity < 2 * 65_536 + 8_192)
    }

    @Test("Every escape of RFC 8259 is understood")
    func allEscapes() {
        #expect(unescaped(#"\"\\\/\b\f\n\r\t"#) == Array("\"\\/\u{08}\u{0C}\n\r\t".utf8))
        #expect(unescaped(#"\u0041\u00e9\u20AC\uD83D\uDE00"#) == Array("Aé€😀".utf8))
    }

    @Test("Unescaping what no reader let through gives some text and never more bytes")
    func hostile() {
        let fragments = [#"\"#, #"\u"#, #"\u12"#, #"\uD800"#, #"\uD800\u"#, #"\uDC00"#, #"\x"#, "\"", "\n"]
        for fragment in fragments {
            #expect(unescaped(fragment).count <= fragment.utf8.count)
            #expect(unescaped("abc" + fragment).starts(with: Array("abc".utf8)))
        }
    }
}
