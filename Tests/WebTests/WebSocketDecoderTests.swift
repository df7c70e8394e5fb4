import LogLine
import TestSupport
import Testing

@testable import Web

@Suite("WebSocket frames that are read")
struct WebSocketDecoderTests {
    @Test("Text and binary messages come out with their bytes, control frames with theirs")
    func opcodes() {
        #expect(webSocketTranscript(TestFrame(1, "Hello")) == ["text Hello", "idle"])
        #expect(webSocketTranscript(TestFrame(2, "Hello")) == ["binary Hello", "idle"])
        #expect(webSocketTranscript(TestFrame(9, "a"), TestFrame(10, "b")) == ["ping a", "pong b", "idle"])
        #expect(webSocketTranscript(TestFrame(9, "")) == ["ping ", "idle"])
        #expect(webSocketTranscript(TestFrame(1, "")) == ["text ", "idle"])
    }

    @Test("The RFC's own examples are read")
    func examples() {
        // RFC 6455 5.7
        let hello: [UInt8] = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        #expect(webSocketTranscript([hello]) == ["text Hello", "idle"])
        let fragments: [UInt8] = [0x01, 0x03, 0x48, 0x65, 0x6C, 0x80, 0x02, 0x6C, 0x6F]
        #expect(webSocketTranscript([fragments], from: .server) == ["text Hello", "idle"])
        let ping: [UInt8] = [0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F]
        #expect(webSocketTranscript([ping], from: .server) == ["ping Hello", "idle"])
    }

    @Test(
        "Every class of length is read, at both its ends",
        arguments: [0, 1, 7, 8, 9, 124, 125, 126, 127, 128, 0xFFFE, 0xFFFF, 0x1_0000, 0x1_0001, 70_000])
    func lengths(count: Int) {
        let payload = (0..<count).map { UInt8($0 % 251) }
        let decoder = WebSocketDecoder(from: .client, limits: .small)
        TestFrame(2, payload).bytes.withUnsafeBytes { bytes in
            var rest = bytes
            guard case .message(let message) = decoder.next(&rest) else {
                Issue.record("\(count) bytes are no message")
                return
            }
            #expect(message.payload.array == payload && rest.isEmpty)
        }
    }

    @Test("The fragments of a message are put together, with control frames between them")
    func fragments() {
        let frames = [
            TestFrame(1, "Hel", isFinal: false), TestFrame(9, "now"), TestFrame(0, "", isFinal: false),
            TestFrame(0, "lo"), TestFrame(2, "x", isFinal: false), TestFrame(10, ""), TestFrame(0, ""),
        ]
        let events = ["ping now", "text Hello", "pong ", "binary x", "idle"]
        #expect(webSocketTranscript([frames.flatMap(\.bytes)]) == events)
    }

    @Test("A character may be spread over fragments")
    func characterOverFragments() {
        let bytes = Array("a€𝄞".utf8)
        let frames = bytes.enumerated().map { index, byte in
            TestFrame(index == 0 ? 1 : 0, [byte], isFinal: index == bytes.count - 1).bytes
        }
        #expect(webSocketTranscript(frames) == ["text a€𝄞", "idle"])
    }

    @Test("A close frame is read with its code and reason, and what follows it is passed over")
    func close() {
        #expect(webSocketTranscript(TestFrame(8, "")) == ["close 1005 ", "under way"])
        #expect(webSocketTranscript(.close(1000)) == ["close 1000 ", "under way"])
        let events = webSocketTranscript(.close(4321, "gone fishing €"), TestFrame(1, "ignored"))
        #expect(events == ["close 4321 gone fishing €", "under way"])
        let longest = String(repeating: "r", count: 123)
        #expect(webSocketTranscript(.close(1001, longest)) == ["close 1001 \(longest)", "under way"])
    }

    @Test("Every close code that may be sent is read, and every other refused")
    func closeCodes() {
        let allowed = Set(Array(1000...1003) + Array(1007...1014) + Array(3000...4999)).map(UInt16.init)
        for code in UInt16.min...5100 {
            let isAllowed = allowed.contains(code)
            let events = webSocketTranscript(.close(code))
            #expect(events[0].hasPrefix(isAllowed ? "close \(code)" : "failed 1002"))
        }
        #expect(webSocketTranscript(.close(65_535))[0].hasPrefix("failed 1002"))
    }

    @Test("A decoder holds memory for what has arrived of a message, not for what was announced")
    func memory() {
        let decoder = WebSocketDecoder(from: .client, limits: .small)
        #expect(decoder.heldBytes == 0)
        let frame = TestFrame(2, [UInt8](repeating: 1, count: 70_000)).bytes
        #expect(events(of: decoder, Array(frame[..<20])).isEmpty)
        #expect(decoder.heldBytes > 0 && decoder.heldBytes < 1_000)
        _ = events(of: decoder, Array(frame[20...]))
        #expect(decoder.heldBytes == 0 && decoder.isIdle)
    }
}

@Suite("WebSocket frames that are written")
struct WebSocketFrameTests {
    @Test("Frames are written as the RFC's examples are")
    func examples() {
        #expect(encoded(.text, "Hello") == [0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
        #expect(encoded(.text, "Hel", isFinal: false) == [0x01, 0x03, 0x48, 0x65, 0x6C])
        #expect(encoded(.continuation, "lo") == [0x80, 0x02, 0x6C, 0x6F])
        let masked: [UInt8] = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        #expect(encoded(.text, "Hello", mask: WebSocketMask(0x37, 0xFA, 0x21, 0x3D)) == masked)
    }

    @Test(
        "Lengths are written in their shortest form",
        arguments: [
            (0, [0x00]), (125, [0x7D]), (126, [0x7E, 0, 126]), (0xFFFF, [0x7E, 0xFF, 0xFF]),
            (0x1_0000, [0x7F, 0, 0, 0, 0, 0, 1, 0, 0]),
        ])
    func lengths(count: Int, expected: [UInt8]) {
        let buffer = ByteBuffer()
        WebSocketHeader(.binary, count: count).encode(into: buffer)
        #expect(buffer.array == [0x82] + expected)
    }

    @Test("What a client writes is what a server reads, masked with any key")
    func roundTrip() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let payload = (0..<Int.random(in: 0...300, using: &random)).map { _ in
                UInt8.random(in: 32...126, using: &random)
            }
            let key = WebSocketMask(word: UInt32.random(in: 0...UInt32.max, using: &random))
            let buffer = ByteBuffer()
            payload.withUnsafeBytes { WebSocketFrame.encode(.binary, $0, mask: key, into: buffer) }
            let expected = ["binary \(String(decoding: payload, as: UTF8.self))", "idle"]
            #expect(webSocketTranscript([buffer.array]) == expected, "seed \(seed)")
        }
    }

    @Test("Unmasking in pieces of any size gives the same as byte by byte")
    func mask() {
        let key: [UInt8] = [0x01, 0x80, 0xFF, 0x5A]
        let source = (0..<61).map { UInt8($0 * 7 & 255) }
        let expected = source.enumerated().map { $1 ^ key[$0 % 4] }
        let mask = WebSocketMask(key[0], key[1], key[2], key[3])
        for cut in 0...source.count {
            var unmasked = [UInt8]()
            for range in [0..<cut, cut..<source.count] {
                var target = [UInt8](repeating: 0, count: range.count)
                target.withUnsafeMutableBytes { target in
                    source[range].withUnsafeBytes { mask.apply($0, at: range.lowerBound, to: target) }
                }
                unmasked += target
            }
            #expect(unmasked == expected, "cut at \(cut)")
        }
    }

    @Test("A close frame's reason is cut between two characters, and an empty close has no payload")
    func reason() {
        #expect(WebSocketFrame.closePayload(WebSocketClose(.none)) == [])
        #expect(WebSocketFrame.closePayload(WebSocketClose(.normal, "ok")) == [0x03, 0xE8, 0x6F, 0x6B])
        let reason = String(repeating: "a", count: 122) + "€"
        let payload = WebSocketFrame.closePayload(WebSocketClose(.goingAway, reason))
        #expect(payload.count == 124 && payload.last == 0x61)
    }

    private func encoded(
        _ opcode: WebSocketOpcode, _ text: String, isFinal: Bool = true, mask: WebSocketMask? = nil
    ) -> [UInt8] {
        let buffer = ByteBuffer()
        Array(text.utf8).withUnsafeBytes {
            WebSocketFrame.encode(opcode, $0, isFinal: isFinal, mask: mask, into: buffer)
        }
        return buffer.array
    }
}
