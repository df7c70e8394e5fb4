import Testing

@testable import Web

@Suite("Text that arrives in pieces")
struct WebSocketTextTests {
    @Test("Every sequence of one and two bytes is judged as the standard library judges it")
    func pairs() {
        for first in UInt8.min...UInt8.max {
            #expect(isValid([first]) == isValidByStandard([first]))
            for second in UInt8.min...UInt8.max {
                #expect(isValid([first, second]) == isValidByStandard([first, second]))
            }
        }
    }

    @Test("Longer sequences at all the table's bounds are judged as the standard library judges them")
    func bounds() {
        let edges: [UInt8] = [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xFF]
        let starts: [UInt8] = [0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF]
        for first in starts {
            for second in edges {
                for third in edges {
                    #expect(isValid([first, second, third]) == isValidByStandard([first, second, third]))
                    for fourth in edges {
                        let bytes = [first, second, third, fourth]
                        #expect(isValid(bytes) == isValidByStandard(bytes), "\(bytes)")
                    }
                }
            }
        }
    }

    @Test("The first invalid byte is found wherever it stands, however the text is cut")
    func position() {
        let text = Array("plain text of some length, then é, €, 𝄞 and plain text again".utf8)
        for index in text.indices {
            var broken = text
            broken[index] = 0xFF
            for cut in 0...broken.count {
                var check = UTF8Check()
                let first = broken[..<cut].withUnsafeBytes { check.firstInvalid(in: $0) }
                let found =
                    first ?? broken[cut...].withUnsafeBytes { check.firstInvalid(in: $0) }.map { $0 + cut }
                #expect(found == index)
            }
        }
    }

    @Test("An invalid byte is refused with 1007 as soon as it arrives, in the middle of a frame")
    func failFast() {
        // Given a frame of which the second byte is invalid, and a fragmented one
        let frames = [
            (TestFrame(1, [0x61, 0xFF] + [UInt8](repeating: 0x62, count: 60)).bytes, 7),
            (TestFrame(1, "abc", isFinal: false).bytes + TestFrame(0, [0xC3, 0x28, 0x62, 0x62]).bytes, 16),
        ]
        for (bytes, invalid) in frames {
            let decoder = WebSocketDecoder(from: .client)
            // Then what comes before is taken, and the byte itself fails
            #expect(events(of: decoder, Array(bytes[..<invalid])).isEmpty)
            #expect(events(of: decoder, [bytes[invalid]]) == ["failed 1007: the text is not UTF-8"])
        }
    }

    @Test("A text that ends within a character is refused with 1007, a fragment that does is not")
    func incomplete() {
        let cut: [UInt8] = [0x61, 0xE2, 0x82]
        let events = webSocketTranscript(TestFrame(1, cut))
        #expect(events == ["failed 1007: the text ends within a character", "under way"])
        #expect(webSocketTranscript(TestFrame(1, cut, isFinal: false)) == ["under way"])
        #expect(webSocketTranscript(TestFrame(2, cut))[0].hasPrefix("binary"))
    }

    private func isValid(_ bytes: [UInt8]) -> Bool {
        var check = UTF8Check()
        return bytes.withUnsafeBytes { check.firstInvalid(in: $0) } == nil && check.isComplete
    }

    private func isValidByStandard(_ bytes: [UInt8]) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }
}
