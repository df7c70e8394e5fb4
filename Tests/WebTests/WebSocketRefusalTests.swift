import LogLine
import TestSupport
import Testing

@testable import Web

@Suite("WebSocket frames that are refused")
struct WebSocketRefusalTests {
    @Test(
        "Every reserved opcode is refused with 1002, at its byte",
        arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
    func reservedOpcode(opcode: UInt8) {
        #expect(webSocketTranscript([[0x80 | opcode]]) == refusal(1002, "the opcode \(opcode) is reserved"))
    }

    @Test("Every combination of reserved bits is refused with 1002, at its byte", arguments: UInt8(1)...7)
    func reservedBits(bits: UInt8) {
        let events = webSocketTranscript([[0x81 | bits << 4]])
        #expect(events == refusal(1002, "a reserved bit is set, and no extension was agreed on"))
    }

    @Test(
        "A client's frame that is not masked is refused, and a server's that is", arguments: [1, 2, 8, 9, 10])
    func mask(opcode: UInt8) {
        let unmasked = webSocketTranscript([TestFrame(opcode, []).unmasked.bytes])
        #expect(unmasked == refusal(1002, "a client's frame is not masked"))
        let masked = webSocketTranscript([TestFrame(opcode, []).bytes], from: .server)
        #expect(masked == refusal(1002, "a server's frame is masked"))
    }

    @Test("Control frames are neither fragmented nor longer than 125 bytes", arguments: [8, 9, 10])
    func control(opcode: UInt8) {
        #expect(webSocketTranscript([[opcode]]) == refusal(1002, "a control frame is fragmented"))
        for length: UInt8 in [126, 127] {
            let events = webSocketTranscript([[0x80 | opcode, 0x80 | length]])
            #expect(events == refusal(1002, "a control frame has over 125 bytes"))
        }
        let longest = TestFrame(opcode, opcode == 8 ? [0x03, 0xE8] : [UInt8](repeating: 0x61, count: 125))
        #expect(!webSocketTranscript(longest)[0].hasPrefix("failed"))
    }

    @Test("A continuation without a beginning is refused, first or behind a whole message")
    func continuation() {
        let expected = refusal(1002, "a continuation frame continues nothing")
        #expect(webSocketTranscript([[0x80]]) == expected)
        #expect(webSocketTranscript([[0x00]]) == expected)
        #expect(webSocketTranscript(TestFrame(1, "a"), TestFrame(0, "b")) == ["text a"] + expected)
    }

    @Test("A message that begins within another is refused", arguments: [1, 2], [1, 2])
    func interleaved(first: UInt8, second: UInt8) {
        let events = webSocketTranscript([TestFrame(first, "a", isFinal: false).bytes + [0x80 | second]])
        #expect(events == refusal(1002, "a message begins before the one before it has ended"))
    }

    @Test("A length that is not written in its shortest form is refused, and one with its top bit")
    func length() {
        let expected = refusal(1002, "a frame's length is not written in its shortest form")
        let frame = TestFrame(2, [UInt8](repeating: 1, count: 125))
        #expect(webSocketTranscript([frame.bytes(length: [126, 0, 125])]) == expected)
        #expect(webSocketTranscript([frame.bytes(length: [126, 0, 0])]) == expected)
        #expect(webSocketTranscript([frame.bytes(length: [127, 0, 0, 0, 0, 0, 0, 0, 125])]) == expected)
        #expect(webSocketTranscript([frame.bytes(length: [127, 0, 0, 0, 0, 0, 0, 255, 255])]) == expected)
        let negative = webSocketTranscript([frame.bytes(length: [127, 0x80, 0, 0, 0, 0, 0, 0, 0])])
        #expect(negative == refusal(1002, "a frame's length has its top bit set"))
    }

    @Test("A frame above its limit is refused with 1009 by its header, before its payload arrives")
    func frameTooLong() {
        let frame = TestFrame(2, []).bytes(length: [127, 0, 0, 0, 0, 0, 1, 0x11, 0x71])
        #expect(webSocketTranscript([frame]) == refusal(1009, "a frame has 70001 bytes; the limit is 70000"))
        let huge = TestFrame(2, []).bytes(length: [127, 0x7F] + [UInt8](repeating: 0xFF, count: 7))
        #expect(webSocketTranscript([huge])[0].hasPrefix("failed 1009: a frame has 9223372036854775807"))
    }

    @Test("A message above its limit is refused with 1009 by the header that exceeds it")
    func messageTooLong() {
        let first = TestFrame(2, [UInt8](repeating: 1, count: 60_000), isFinal: false).bytes
        let second = TestFrame(0, [UInt8](repeating: 1, count: 40_001)).bytes
        let events = webSocketTranscript([first + second.prefix(8)])
        #expect(events == refusal(1009, "a message has over 100000 bytes"))
        let fitting = TestFrame(0, [UInt8](repeating: 1, count: 40_000)).bytes
        #expect(webSocketTranscript([first + fitting])[0].hasPrefix("binary "))
    }

    @Test("A close frame with one byte, or a reason that is no UTF-8, is refused")
    func close() {
        #expect(webSocketTranscript(TestFrame(8, [3])) == refusal(1002, "a close frame has one byte"))
        let badReason = TestFrame(8, [0x03, 0xE8, 0x61, 0xFF])
        #expect(webSocketTranscript(badReason) == refusal(1007, "a close frame's reason is not UTF-8"))
        let badCode = refusal(1002, "the close code 1005 may not be sent")
        #expect(webSocketTranscript(.close(1005)) == badCode)
    }

    @Test("Behind a refusal everything is passed over")
    func afterwards() {
        let bytes = [0xF0] + TestFrame(1, "unread").bytes
        #expect(webSocketTranscript([bytes, bytes]).count == 2)
    }

    @Test("Whole, byte by byte and in any two pieces the events are the same", arguments: inputs)
    func everySplit(bytes: [UInt8]) {
        let whole = webSocketTranscript([bytes])
        #expect(webSocketTranscript(bytes.map { [$0] }) == whole)
        for cut in 0...bytes.count {
            let pieces = [Array(bytes[..<cut]), Array(bytes[cut...])]
            #expect(webSocketTranscript(pieces) == whole, "cut at \(cut)")
        }
    }

    @Test("Random frames, some broken, cut at random, have the same events as uncut")
    func randomFrames() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(seed: seed)
        for round in 0..<2_000 {
            var bytes = (0..<Int.random(in: 1...4, using: &random)).flatMap { _ in
                Self.inputs.randomElement(using: &random) ?? []
            }
            if random.oneIn(2) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            let cuts = (0..<Int.random(in: 1...6, using: &random))
                .map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            let pieces = zip([0] + cuts, cuts + [bytes.count]).map { Array(bytes[$0..<$1]) }
            let whole = webSocketTranscript([bytes])
            #expect(webSocketTranscript(pieces) == whole, "seed \(seed), round \(round), cuts \(cuts)")
        }
    }

    static let inputs: [[UInt8]] = [
        TestFrame(1, "Hello €𝄞").bytes, TestFrame(2, [UInt8](repeating: 7, count: 130)).bytes,
        TestFrame(1, "Hel", isFinal: false).bytes + TestFrame(9, "x").bytes + TestFrame(0, "lo").bytes,
        TestFrame(1, "").bytes + TestFrame(10, "").bytes + TestFrame(8, "").bytes,
        TestFrame.close(1000, "bye").bytes + TestFrame(1, "ignored").bytes,
        TestFrame(1, [0x61, 0xC3, 0x28, 0x62]).bytes, TestFrame(1, [0xE2, 0x82]).bytes,
        TestFrame(1, [0xE2, 0x82], isFinal: false).bytes + TestFrame(0, [0xAC]).bytes,
        TestFrame(1, "a").unmasked.bytes, TestFrame(3, "a").bytes, TestFrame(0, "a").bytes,
        TestFrame(2, "ab").bytes(length: [126, 0, 2]), TestFrame(8, [1]).bytes,
    ]

    private func refusal(_ code: Int, _ message: String) -> [String] {
        ["failed \(code): \(message)", "under way"]
    }
}
