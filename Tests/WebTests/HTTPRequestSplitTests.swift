import LogLine
import TestSupport
import Testing

@testable import Web

/// A request means the same however the network cuts it.
@Suite("Requests in pieces")
struct HTTPRequestSplitTests {
    static let inputs = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\nGET /a?b=c HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\nhello world",
        "POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\nT: 1\r\n\r\n",
        "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\nX: 1\r\nX: 2\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n", "GET http://h/%41?%42=%43 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\n\r\n",
        "POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n0123456789012345678901234567890123456789",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n0123456789abcdef\r\n11\r\nx",
        "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", "GET / HTTP/3.0\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", "\r\n\r\n", "\n",
        "\r\r",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        "GET /\u{0} HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\r",
        "GET / HTTP/1.1\r\nX : a\r\n\r\n",
    ]

    @Test("Whole, byte by byte and in any two pieces the steps are the same", arguments: inputs)
    func everySplit(input: String) {
        let bytes = Array(input.utf8)
        let whole = requestTranscript([bytes], bodyBytesMax: 32)
        #expect(requestTranscript(bytes.map { [$0] }, bodyBytesMax: 32) == whole)
        for cut in 1..<bytes.count {
            #expect(requestTranscript(split(bytes, at: [cut]), bodyBytesMax: 32) == whole, "cut at \(cut)")
        }
    }

    @Test("Random requests one behind another, mutated and cut at random, have the same steps as uncut")
    func randomConcatenations() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(seed: seed)
        for round in 0..<1_500 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes += Array((Self.inputs.randomElement(using: &random) ?? "").utf8)
            }
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] =
                    [0x0A, 0x0D, 0x20, 0x3A, 0x30, UInt8.random(in: 0...255, using: &random)]
                    .randomElement(using: &random) ?? 0
            }
            let cuts = (0..<Int.random(in: 1...6, using: &random))
                .map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            let whole = requestTranscript([bytes], bodyBytesMax: 32)
            let cut = requestTranscript(split(bytes, at: cuts), bodyBytesMax: 32)
            #expect(cut == whole, "seed \(seed), round \(round), cuts \(cuts)")
        }
    }

    @Test("Heads at and above their bounds have the same steps in pieces of any size")
    func bounds() {
        for excess in [-1, 0, 1, 2, 3] {
            let target = String(repeating: "a", count: HTTPLimits.startLineBytesMax - 14 + excess)
            let value = String(repeating: "b", count: HTTPLimits.fieldBytesMax - 13 + excess)
            for text in [
                "GET /\(target) HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX:\(value)\r\n\r\n",
            ] {
                let bytes = Array(text.utf8)
                let whole = requestTranscript([bytes])
                for cut in bytes.count - 30..<bytes.count {
                    #expect(
                        requestTranscript(split(bytes, at: [cut])) == whole, "excess \(excess), cut \(cut)")
                }
            }
        }
    }
}
