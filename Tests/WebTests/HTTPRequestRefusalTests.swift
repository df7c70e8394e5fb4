import Testing

@testable import Web

/// Everything that two servers could read differently, or that is out of bounds, with the status of the
/// answer.
@Suite("Requests are refused")
struct HTTPRequestRefusalTests {
    @Test(
        "A malformed request line is refused",
        arguments: [
            ("GET / HTTP/1.1 ", 400), ("GET  / HTTP/1.1", 400), ("GET /  HTTP/1.1", 400),
            (" GET / HTTP/1.1", 400),
            ("GET /", 400), ("GET", 400), ("GET / ", 400), ("GET / http/1.1", 400), ("GET / HTTP/1.10", 400),
            ("GET / HTTP/11", 400), ("GET / HTTP/1.a", 400), ("G(T / HTTP/1.1", 400),
            ("G\u{e9}T / HTTP/1.1", 400),
            ("GET\t/ HTTP/1.1", 400), ("GET / HTTP/1.1\r", 400), ("GET / HTTP/2.0", 505),
            ("GET / HTTP/0.9", 505),
            ("GET / HTTP/1.2", 505), ("PRI * HTTP/2.0", 505),
            ("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1", 501),
        ])
    func requestLine(line: String, status: Int) {
        #expect(refusal(of: "\(line)\r\nHost: a\r\n\r\n") == status)
    }

    @Test(
        "A target that is none of the accepted forms is refused",
        arguments: [
            "*", "a", "a:443", "//a#b", "/a#", "/a\u{7f}", "/a\u{1}b", "/ä", "/%", "/%1", "/%zz", "/%4g/",
            "/a/.",
            "/a/./b", "/a/../b", "/..", "/%2e%2E/a", "/.%2e", "/a?x=%", "/a?x=%FF", "/a?%C3=1", "/a?x=%zz",
            "http://", "http:///a", "http://u@h/", "http://h:99999/", "ftp://h/", "http://h h/", "http:/a",
        ])
    func target(target: String) {
        #expect(refusal(of: "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n") == 400)
    }

    @Test("CONNECT is refused in every form")
    func connect() {
        for target in ["a:443", "/", "http://a/", "*"] {
            #expect(refusal(of: "CONNECT \(target) HTTP/1.1\r\nHost: a\r\n\r\n") == 400)
        }
    }

    @Test(
        "A malformed header line is refused",
        arguments: [
            "X : a", "X\t: a", "X", ": a", " X: a", "X: a\r\n b", "X: a\r\n\tb", "X: a\u{0}b", "X: a\u{1}",
            "X: a\u{7f}",
            "X: a\rb", "X(: a", "X\u{e9}: a", "X: a\u{b}", "X: a\nY: b", "\u{0}: a",
        ])
    func headerLine(line: String) {
        #expect(refusal(of: "GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n") == 400)
    }

    @Test("A value may hold any byte but control characters, wherever it stands")
    func valueBytes() {
        for position in 0..<20 {
            for byte in UInt8.min...UInt8.max {
                var value = [UInt8](repeating: 0x61, count: 20)
                value[position] = byte
                let head = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + value + Array("\r\n\r\n".utf8)
                let isControl = byte < 0x20 && byte != 0x09 || byte == 0x7F
                #expect(refusal(of: head) == (isControl ? 400 : nil), "byte \(byte) at \(position)")
            }
        }
    }

    @Test("Methods and header names hold token characters only, targets visible ASCII without #")
    func characters() {
        let token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8
        func isRefused(_ parts: [UInt8]...) -> Bool { refusal(of: Array(parts.joined())) != nil }
        let host = Array("Host: a\r\n".utf8)
        let end = Array("\r\n".utf8)
        for byte in UInt8.min...UInt8.max {
            let method = isRefused([0x41, byte], Array(" / HTTP/1.1\r\n".utf8), host, end)
            #expect(method == !token.contains(byte), "byte \(byte) in a method")
            let name = isRefused(Array("GET / HTTP/1.1\r\nA".utf8), [byte], Array(": b\r\n".utf8), host, end)
            #expect(name == !(token.contains(byte) || byte == 0x3A), "byte \(byte) in a name")
            let target = isRefused(Array("GET /".utf8), [byte], Array("41 HTTP/1.1\r\n".utf8), host, end)
            #expect(target == !(0x21...0x7E ~= byte && byte != 0x23), "byte \(byte) in a target")
        }
    }

    @Test(
        "A missing, repeated or malformed Host is refused",
        arguments: [
            "", "Host: a\r\nHost: a\r\n", "Host: a\r\nhost: b\r\n", "Host: a b\r\n", "Host: a/b\r\n",
            "Host: a,b:c\r\n", "Host: a:b\r\n", "Host: a:65536\r\n", "Host: a:1:2\r\n", "Host: u@a\r\n",
            "Host: [::1\r\n", "Host: [g]\r\n", "Host: []\r\n", "Host: [::1]x\r\n", "Host: %2\r\n",
            "Host: ä\r\n",
            "Host: a?b\r\n", "Host: a\\b\r\n",
        ])
    func host(header: String) {
        #expect(refusal(of: "GET / HTTP/1.1\r\n\(header)\r\n") == 400)
        #expect(refusal(of: "GET http://a/ HTTP/1.1\r\n\(header)\r\n") == 400)
    }

    @Test(
        "A host that RFC 3986 allows is accepted",
        arguments: [
            "a", "a:80", "a:", "", "1.2.3.4:65535", "[::1]:8000", "[fe80::1.2.3.4]", "a_b-c.d~", "%41",
        ])
    func validHost(host: String) {
        #expect(refusal(of: "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == nil)
    }

    @Test(
        "An ambiguous body length is refused",
        arguments: [
            ("Content-Length: 1\r\nContent-Length: 1", 400), ("Content-Length: 1\r\nContent-Length: 2", 400),
            ("Content-Length: +1", 400), ("Content-Length: -1", 400), ("Content-Length: 1, 1", 400),
            ("Content-Length: 0x1", 400), ("Content-Length: 1 1", 400), ("Content-Length:", 400),
            ("Content-Length: 1.0", 400), ("Content-Length: 1_0", 400), ("Content-Length: \u{661}", 400),
            ("Content-Length: 99999999999999999999999", 413), ("Content-Length: 999999999999999999", 413),
            ("Content-Length: 1\r\nTransfer-Encoding: chunked", 400),
            ("Transfer-Encoding: chunked\r\nContent-Length: 1", 400),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400), ("Transfer-Encoding:", 400),
            ("Transfer-Encoding: gzip", 501), ("Transfer-Encoding: gzip, chunked", 501),
            ("Transfer-Encoding: xchunked", 501), ("Transfer-Encoding: chunked, identity", 501),
            ("Transfer-Encoding: \"chunked\"", 501), ("Transfer-Encoding: identity", 501),
            ("Transfer-Encoding: chunked;a=b", 501), ("Transfer-Encoding: \u{b}chunked", 400),
        ])
    func framing(header: String, status: Int) {
        #expect(refusal(of: "POST / HTTP/1.1\r\nHost: a\r\n\(header)\r\n\r\n") == status)
    }

    @Test("HTTP/1.0 with Transfer-Encoding is refused")
    func oldChunked() {
        #expect(refusal(of: "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400)
    }

    @Test("A line that ends in a bare LF is refused as soon as it has come")
    func bareLineFeed() {
        #expect(refusal(of: "GET / HTTP/1.1\n") == 400)
        #expect(refusal(of: "\n") == 400)
        #expect(refusal(of: "GET / HTTP/1.1\r\nHost: a\n") == 400)
        #expect(refusal(of: "GET / HTTP/1.1\r\nHost: a\r\n\n") == 400)
    }

    @Test("A request line over its bound is answered with 414, at the bound it is accepted")
    func requestLineBound() {
        func request(lineBytes: Int) -> String {
            let path = String(repeating: "a", count: lineBytes - "GET / HTTP/1.1".utf8.count)
            return "GET /\(path) HTTP/1.1\r\nHost: a\r\n\r\n"
        }
        #expect(refusal(of: request(lineBytes: HTTPLimits.startLineBytesMax)) == nil)
        #expect(refusal(of: request(lineBytes: HTTPLimits.startLineBytesMax + 1)) == 414)
        #expect(refusal(of: String(repeating: "a", count: HTTPLimits.startLineBytesMax + 3)) == 414)
    }

    @Test("Header fields over their bounds are answered with 431, at the bounds they are accepted")
    func fieldBounds() {
        func request(fieldBytes: Int) -> String {
            let value = String(repeating: "a", count: fieldBytes - "Host: a\r\nX:\r\n".utf8.count)
            return "GET / HTTP/1.1\r\nHost: a\r\nX:\(value)\r\n\r\n"
        }
        #expect(refusal(of: request(fieldBytes: HTTPLimits.fieldBytesMax)) == nil)
        #expect(refusal(of: request(fieldBytes: HTTPLimits.fieldBytesMax + 1)) == 431)
        let endless = "GET / HTTP/1.1\r\nX:" + String(repeating: "a", count: HTTPLimits.fieldBytesMax + 3)
        #expect(refusal(of: endless) == 431)
        let full = String(repeating: "X: a\r\n", count: HTTPLimits.fieldCountMax - 1)
        #expect(refusal(of: "GET / HTTP/1.1\r\nHost: a\r\n\(full)\r\n") == nil)
        #expect(refusal(of: "GET / HTTP/1.1\r\nHost: a\r\n\(full)X: a\r\n\r\n") == 431)
    }

    @Test("More query items than the bound are refused")
    func queryItemBound() {
        let full = String(repeating: "a&", count: HTTPLimits.queryItemCountMax)
        #expect(refusal(of: "GET /?\(full) HTTP/1.1\r\nHost: a\r\n\r\n") == nil)
        #expect(refusal(of: "GET /?\(full)a HTTP/1.1\r\nHost: a\r\n\r\n") == 400)
    }

    @Test("A body over the limit is refused before it is read, at the limit it is accepted")
    func bodyBound() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\n"
        let sized = Array("\(head)Content-Length: 4\r\n\r\n".utf8)
        #expect(failure(of: sized, bodyBytesMax: 4) == nil)
        #expect(failure(of: sized, bodyBytesMax: 3)?.status == 413)
        #expect(failure(of: sized + Array("abcd".utf8), bodyBytesMax: 3)?.status == 413)
        let chunked = Array("\(head)Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\n".utf8)
        #expect(failure(of: chunked, bodyBytesMax: 4) == nil)
        #expect(failure(of: chunked, bodyBytesMax: 3)?.status == 413)
        let standard = "\(head)Content-Length: \(HTTPLimits.bodyBytesMax + 1)\r\n\r\n"
        #expect(refusal(of: standard) == 413)
    }

    @Test("The body limit of one request does not stay for the next")
    func bodyLimitIsPerRequest() {
        let parser = HTTPRequestParser()
        let text = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na"
        Array((text + text).utf8).withUnsafeBytes { parser.feed($0) }
        _ = parser.next()
        parser.bodyBytesMax = 1
        _ = parser.next()
        _ = parser.next()
        #expect(parser.bodyBytesMax == HTTPLimits.bodyBytesMax)
    }

    @Test("A refusal names what is at fault and quotes it without control characters")
    func sentences() {
        let length = failure(of: Array("GET / HTTP/1.1\r\nContent-Length: a\u{1}\r\n".utf8))
        #expect(length?.field == "Content-Length")
        let target = failure(of: Array("GET /\u{1b} HTTP/1.1\r\n".utf8))
        #expect(target?.detail == "the request target holds the byte 0x1b; encode it as %XX")
        let line = failure(of: Array("\u{1b}\r\n".utf8))
        #expect(line?.detail == "'\\x1b' is not: method, one space, target, one space, version")
    }
}
