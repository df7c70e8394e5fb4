import Testing

@testable import Web

@Suite("Chunked bodies")
struct HTTPChunkedTests {
    private static let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"

    @Test(
        "A valid body is decoded",
        arguments: [
            ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"),
            ("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"),
            ("00000000000000A\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("1;a=b\r\nx\r\n0;c\r\n\r\n", "x"),
            ("1;a=\"b;c\"\r\nx\r\n0\r\n\r\n", "x"), ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n"),
            ("1\r\nx\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n", "x"),
            ("a\r\n0\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n0\r\n\r\n"),
        ])
    func valid(body: String, decoded: String) {
        #expect(parsedRequest(Self.head + body)?.body.text == decoded)
    }

    @Test(
        "A malformed body is refused",
        arguments: [
            ("x\r\n", 400), ("\r\n", 400), (" 1\r\n", 400), ("1 \r\n", 400), ("+1\r\n", 400), ("-1\r\n", 400),
            ("0x1\r\n", 400), ("1\n", 400), ("1\rx", 400), (";a\r\n", 400), ("1 ;a\r\n", 400),
            ("1;\u{1}\r\n", 400),
            ("1;a\nb\r\n", 400), ("1;a\rb", 400), ("1\r\nab", 400), ("1\r\na\n", 400), ("1\r\na\r\r", 400),
            ("00000000000000000\r\n", 400), ("FFFFFFFFFFFFFFFF\r\n", 413), ("7FFFFFFFFFFFFFFF\r\n", 413),
            ("1\r\na\r\n7FFFFFFFFFFFFFFF\r\n", 413), ("0\r\nX\r\n", 400), ("0\r\nX : a\r\n", 400),
            ("0\r\n X: a\r\n", 400), ("0\r\nX: \u{0}\r\n", 400), ("0\r\nX: a\n", 400), ("0\r\n\n", 400),
            ("0\r\n\r\r", 0), ("0\r\nContent-Length: 1\r\n", 400),
            ("0\r\nTransfer-Encoding: chunked\r\n", 400),
            ("0\r\nhost: a\r\n", 400),
        ])
    func malformed(body: String, status: Int) {
        #expect(refusal(of: Self.head + body) == (status == 0 ? nil : status))
        #expect(parsedRequest(Self.head + body) == nil)
    }

    @Test("A chunk's line and all extensions together are bounded")
    func extensionBounds() {
        let longest = "1;" + String(repeating: "a", count: HTTPLimits.chunkLineBytesMax - 2) + "\r\nx\r\n"
        #expect(refusal(of: Self.head + longest) == nil)
        let longer = "1;" + String(repeating: "a", count: HTTPLimits.chunkLineBytesMax - 1)
        #expect(refusal(of: Self.head + longer) == 400)
        let count = HTTPLimits.chunkExtensionBytesMax / (HTTPLimits.chunkLineBytesMax - 1)
        #expect(refusal(of: Self.head + String(repeating: longest, count: count)) == nil)
        #expect(refusal(of: Self.head + String(repeating: longest, count: count + 1)) == 400)
    }

    @Test("The trailer section is bounded in bytes and fields")
    func trailerBounds() {
        let filler = String(repeating: "a", count: HTTPLimits.fieldBytesMax - 4)
        #expect(parsedRequest(Self.head + "0\r\nX:\(filler)\r\n\r\n") != nil)
        #expect(refusal(of: Self.head + "0\r\nX:\(filler)a\r\n\r\n") == 431)
        let full = String(repeating: "X: a\r\n", count: HTTPLimits.fieldCountMax)
        #expect(parsedRequest(Self.head + "0\r\n\(full)\r\n") != nil)
        #expect(refusal(of: Self.head + "0\r\n\(full)X: a\r\n\r\n") == 431)
    }
}
