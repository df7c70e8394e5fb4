import TestSupport
import Testing

@testable import LogLine

@Suite("UTF-8")
struct UTF8Tests {
    static let illFormed: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xC2, 0xC0],
        [0xE0, 0x9F, 0xBF], [0xE0, 0x80, 0x80], [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xE2, 0x82, 0x28],
        [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xEF, 0xBF],
        [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x28, 0x80],
        [0xF0, 0x9F, 0x98, 0x28], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
        [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF],
    ]

    @Test("Every class of ill-formed bytes is found where it begins, at every place", arguments: illFormed)
    func found(bad: [UInt8]) {
        for before in 0..<20 {
            for after in [0, 1, 9] {
                let prefix = Array(Array("é€😀abcdefghijk".utf8).suffix(before))
                let start = prefix.firstIndex { $0 < 0x80 || $0 >= 0xC0 } ?? prefix.endIndex
                let lead = Array(prefix[start...])
                let text = lead + bad + [UInt8](repeating: 0x61, count: after)
                #expect(text.withUnsafeBytes { UTF8Text.firstInvalid($0) } == lead.count)
            }
        }
    }

    @Test("It agrees with the standard library on random bytes and on damaged text")
    func agreement() {
        let seed: UInt64 = 0x5eed_0004
        var random = SplitMix64(seed: seed)
        let text = Array("Grüße, 世界 🎉 ¡Hola! ௵ ꙮ".utf8)
        for round in 0..<4_000 {
            var bytes = round % 2 == 0 ? random.bytes(1 + random.below(6)) : text
            if round % 2 == 1 { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            #expect(
                (bytes.withUnsafeBytes { UTF8Text.firstInvalid($0) } == nil) == isValid,
                "seed \(seed), \(bytes)")
        }
    }

    @Test("Ill-formed bytes are refused wherever a text may stand", arguments: illFormed)
    func refused(bad: [UInt8]) throws {
        let channel = try Channel(validating: Array("c".utf8))
        let text = Array("ab".utf8) + bad + Array("cd".utf8)
        #expect(throws: InvalidField.self) { try Draft.text(validating: text, channel: channel) }
        #expect(throws: InvalidField.self) { try Channel(validating: text) }
        #expect(throws: InvalidField.self) { try Author(validating: text) }
        #expect(throws: InvalidField.self) { try Key(validating: text) }
        let body = Array("{\"message_text\":\"".utf8) + text + Array("\"}".utf8)
        #expect(throws: InvalidField.self) {
            try body.withUnsafeBytes { (bytes) throws(InvalidField) in
                try Draft.decode(message: bytes, channel: channel)
            }
        }
    }
}
