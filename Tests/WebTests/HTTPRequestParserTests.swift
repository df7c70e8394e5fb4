import LogLine
import Testing

@testable import Web

@Suite("Requests are read")
struct HTTPRequestParserTests {
    @Test("A small GET comes out with all its parts")
    func smallGet() throws {
        let text = "GET /messages/a%20b?last=5&x=%C3%A4+1 HTTP/1.1\r\nHost: pod:8000\r\nAccept: */*\r\n\r\n"
        let request = try #require(parsedRequest(text))
        #expect(request.head.method == .get)
        #expect(request.head.versionMinor == 1)
        #expect(request.head.host == "pod:8000")
        #expect(request.head.path.segments == [Array("messages".utf8), Array("a b".utf8)])
        #expect(request.head.query["last"]?.text == "5")
        #expect(request.head.query["x"]?.text == "ä 1")
        #expect(request.head.query["y"] == nil)
        #expect(request.head.header("accept") == "*/*")
        #expect(request.head.header("cookie") == nil)
        #expect(request.head.keepsAlive)
        #expect(request.body.count == 0)
    }

    @Test("A body of Content-Length comes out whole")
    func sizedBody() throws {
        let text = "POST /append HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
        let request = try #require(parsedRequest(text))
        #expect(request.head.contentLength == 5)
        #expect(request.body.text == "hello")
    }

    @Test("A repeated header is one value, joined with commas")
    func repeatedHeader() throws {
        let text = "GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-b: 9\r\nx-a:2\t\r\nX-A:\r\n\r\n"
        #expect(try #require(parsedRequest(text)).head.header("x-a") == "1, 2, ")
    }

    @Test(
        "Connection and version decide whether the connection stays open",
        arguments: [
            ("1.1", "", true), ("1.1", "Connection: close\r\n", false),
            ("1.1", "Connection: CLOSE\r\n", false),
            ("1.1", "Connection: x , close\r\n", false), ("1.1", "Connection: closed\r\n", true),
            ("1.1", "Connection: keep-alive\r\nConnection: close\r\n", false), ("1.0", "", false),
            ("1.0", "Connection: Keep-Alive\r\n", true), ("1.0", "Connection: keep-alive, close\r\n", false),
        ])
    func keepAlive(version: String, header: String, stays: Bool) throws {
        let request = try #require(parsedRequest("GET / HTTP/\(version)\r\nHost: a\r\n\(header)\r\n"))
        #expect(request.head.keepsAlive == stays)
    }

    @Test("A client that waits for 100 Continue is told by the head, but not one of HTTP/1.0")
    func expectContinue() throws {
        func expects(_ version: String, _ value: String) throws -> Bool {
            let text = "POST / HTTP/\(version)\r\nHost: a\r\nExpect: \(value)\r\nContent-Length: 0\r\n\r\n"
            return try #require(parsedRequest(text)).head.expectsContinue
        }
        #expect(try expects("1.1", "100-Continue"))
        #expect(try !expects("1.0", "100-continue"))
        #expect(try !expects("1.1", "something-else"))
    }

    @Test("HTTP/1.0 needs no Host")
    func oldVersion() throws {
        let request = try #require(parsedRequest("GET / HTTP/1.0\r\n\r\n"))
        #expect(request.head.host == "")
        #expect(!request.head.keepsAlive)
    }

    @Test("One empty line before a request is skipped")
    func leadingEmptyLine() {
        #expect(parsedRequest("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n") != nil)
        #expect(refusal(of: "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n") == 400)
    }

    @Test("Requests that arrive together come out one after another, each with its own body")
    func pipelining() {
        let text =
            "GET /a HTTP/1.1\r\nHost: a\r\n\r\nPOST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
            + "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n"
            + "\r\nGET /d HTTP/1.1\r\nHost: a\r\n\r\nGET /e"
        let bodies = requestTranscript(text).filter { $0.hasPrefix("body") }
        #expect(bodies == ["body \"\" of /a", "body \"hi\" of /b", "body \"yes\" of /c", "body \"\" of /d"])
        #expect(requestTranscript(text).last == "in a message")
    }

    @Test("Nothing is read behind a request after which the connection closes")
    func nothingBehindClose() {
        let text = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n"
        let steps = requestTranscript(text)
        #expect(steps.count == 3)
        #expect(steps.last == "between messages")
    }

    @Test("Nothing is read behind a refused request")
    func nothingBehindRefusal() {
        let parser = HTTPRequestParser()
        Array("GET\r\n".utf8).withUnsafeBytes { parser.feed($0) }
        guard case .failed(let first) = parser.next() else {
            Issue.record("the request line was not refused")
            return
        }
        Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8).withUnsafeBytes { parser.feed($0) }
        guard case .failed(let second) = parser.next() else {
            Issue.record("the parser went on")
            return
        }
        #expect(first == second)
    }

    @Test("A consumer that does not pull holds what has arrived back without losing it")
    func pausing() {
        let parser = HTTPRequestParser()
        let text = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        var requests = 0
        for _ in 0..<3 { text.withUnsafeBytes { parser.feed($0) } }
        for _ in 0..<3 {
            guard case .headComplete = parser.next(), case .request = parser.next() else { break }
            text.withUnsafeBytes { parser.feed($0) }
            requests += 1
        }
        #expect(requests == 3)
        while case .headComplete = parser.next() {
            if case .request = parser.next() { requests += 1 }
        }
        #expect(requests == 6)
    }

    @Test("An upgrade is recognised, and the bytes behind it are the next protocol's")
    func upgrade() {
        let parser = HTTPRequestParser()
        let text =
            "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n"
            + "\u{1}\u{2}\n"
        Array(text.utf8).withUnsafeBytes { parser.feed($0) }
        guard case .headComplete(let head) = parser.next(), case .request = parser.next() else {
            Issue.record("the upgrade was not read")
            return
        }
        #expect(head.wantsUpgrade(to: "websocket"))
        #expect(!head.wantsUpgrade(to: "h2c"))
        #expect(parser.takeLeftovers().array == [1, 2, 10])
        #expect(parser.takeLeftovers().count == 0)
        guard case .needMore = parser.next() else {
            Issue.record("the parser went on")
            return
        }
    }

    @Test("An absolute-form target's authority takes the place of Host")
    func absoluteForm() throws {
        let request = try #require(parsedRequest("GET HTTP://b:81/x?y=1 HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(request.head.host == "b:81")
        #expect(request.head.path.segments == [Array("x".utf8)])
        #expect(request.head.query["y"]?.text == "1")
        let short = try #require(parsedRequest("GET https://[::1] HTTP/1.1\r\nHost:\r\n\r\n"))
        #expect(short.head.host == "[::1]")
        #expect(short.head.path.segments == [])
    }

    @Test("Every method is named as it was sent")
    func methods() throws {
        for name in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get", "BREW", "M-SEARCH"] {
            let request = try #require(parsedRequest("\(name) / HTTP/1.1\r\nHost: a\r\n\r\n"))
            #expect(request.head.method.text == name)
        }
        #expect(parsedRequest("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")?.head.path.segments == [])
    }

    @Test(
        "A path is split at every raw slash, and then each segment is decoded",
        arguments: [
            ("/", []), ("/a", ["a"]), ("/a/", ["a", ""]), ("//", ["", ""]), ("/a//b", ["a", "", "b"]),
            ("/a%2Fb/%00", ["a/b", "\u{0}"]), ("/a+b", ["a+b"]), ("/...", ["..."]),
            ("/.a/b..", [".a", "b.."]),
        ])
    func path(path: String, segments: [String]) throws {
        let request = try #require(parsedRequest("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(request.head.path.segments == segments.map { Array($0.utf8) })
    }

    @Test("A query is read as forms write it")
    func query() throws {
        let text = "GET /?a=1&&b&c=%26+%3D&a=2&=x&d=e=f HTTP/1.1\r\nHost: a\r\n\r\n"
        let query = try #require(parsedRequest(text)).head.query
        let items = query.map { "\($0.name.text)=\($0.value.text)" }
        #expect(items == ["a=1", "b=", "c=& =", "a=2", "=x", "d=e=f"])
        #expect(query["a"]?.text == "1")
        #expect(query["b"]?.isEmpty == true)
    }
}
