import Testing

@testable import Web

@Suite("Responses are read")
struct HTTPResponseParserTests {
    @Test("A body of Content-Length ends with it, and the next response follows")
    func sizedBody() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 201 \r\nContent-Length: 0\r\n\r\n"
        #expect(
            responseTranscript(text, answering: [.get, .post]) == [
                "200 HTTP/1.1 stays length=2 [Content-Length=2]", "body hi", "end",
                "201 HTTP/1.1 stays length=0 [Content-Length=0]", "end", "left: false",
            ])
    }

    @Test("A chunked body is decoded, its trailer dropped")
    func chunkedBody() {
        let text =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1;x\r\n!\r\n0\r\nT: 1\r\n\r\n"
        #expect(Array(responseTranscript(text).dropFirst()) == ["body hi!", "end", "left: false"])
    }

    @Test("Without a length the body ends with the connection, which is not used again")
    func untilEnd() {
        let text = "HTTP/1.1 200 OK\r\n\r\nall of it"
        #expect(
            responseTranscript(text) == ["200 HTTP/1.1 closes", "body all of it", "end", "left: false"])
        #expect(responseTranscript(text, ends: false).contains("end") == false)
    }

    @Test("A body that the connection's end cuts off never ends")
    func truncation() {
        for text in [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "HTTP/1.1 200 OK\r\nContent-Le",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "",
        ] {
            let steps = responseTranscript(text)
            #expect(!steps.contains("end"))
            #expect(!steps.contains { $0.hasPrefix("failed") })
        }
    }

    @Test(
        "Answers to HEAD and answers that have no body end with their head, whatever length they tell",
        arguments: [
            ("200 OK\r\nContent-Length: 5", HTTPMethod.head), ("200 OK\r\nTransfer-Encoding: chunked", .head),
            ("200 OK", .head), ("204 No Content", .get), ("304 Not Modified\r\nContent-Length: 5", .get),
            ("204 No Content\r\nTransfer-Encoding: chunked", .get),
        ])
    func noBody(head: String, method: HTTPMethod) {
        let text = "HTTP/1.1 \(head)\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
        let steps = responseTranscript(text, answering: [method, .get])
        #expect(steps.filter { $0 == "end" }.count == 2)
        #expect(steps.contains("body x"))
        #expect(steps.first?.contains(" stays") == true)
    }

    @Test("Informational responses are skipped, up to a bound")
    func informational() {
        let continued = "HTTP/1.1 100 Continue\r\n\r\n"
        let final = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        let most = String(repeating: continued, count: HTTPLimits.informationalCountMax)
        #expect(responseTranscript(most + final).contains("end"))
        #expect(responseTranscript(continued + most + final).contains { $0.hasPrefix("failed") })
        let again = responseTranscript(most + final + most + final, answering: [.get, .get])
        #expect(again.filter { $0 == "end" }.count == 2)
        #expect(responseTranscript("HTTP/1.1 101 Up\r\n\r\n").contains { $0.hasPrefix("failed") })
    }

    @Test(
        "Version and Connection decide whether the connection is used again",
        arguments: [
            ("1.1", "", true), ("1.1", "Connection: close\r\n", false), ("1.0", "", false),
            ("1.0", "Connection: keep-alive\r\n", true),
        ])
    func keepAlive(version: String, field: String, stays: Bool) {
        let text = "HTTP/\(version) 200 OK\r\n\(field)Content-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n"
        let steps = responseTranscript(text, answering: [.get, .get])
        #expect(steps.first?.contains(stays ? " stays" : " closes") == true)
    }

    @Test("Bytes that nobody asked for are seen")
    func unasked() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n"
        #expect(responseTranscript(text).last == "left: true")
    }

    @Test(
        "A malformed or ambiguous response is refused",
        arguments: [
            "HTTP/1.1 200\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
            "HTTP/1.1  200 OK\r\n\r\n",
            "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n",
            "http/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 O\u{0}K\r\n\r\n", "HTTP/1.1 200 OK\n\n", "\r\nHTTP/1.1 200 OK\r\n\r\n",
            "GET / HTTP/1.1\r\n",
            "HTTP/1.1 200 OK\r\nX : a\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        ])
    func malformed(text: String) {
        #expect(responseTranscript(text).contains { $0.hasPrefix("failed") })
    }

    @Test("A head over its bounds is refused")
    func bounds() {
        let reason = String(repeating: "a", count: HTTPLimits.startLineBytesMax)
        #expect(responseTranscript("HTTP/1.1 200 \(reason)").contains { $0.hasPrefix("failed startLine") })
        let value = String(repeating: "a", count: HTTPLimits.fieldBytesMax)
        #expect(
            responseTranscript("HTTP/1.1 200 OK\r\nX: \(value)").contains { $0.hasPrefix("failed fields") })
    }

    private static let inputs: [(text: String, methods: [HTTPMethod])] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 204 No\r\n\r\n", [.get, .get]),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nhi", [.post]),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\nT: 1\r\n\r\n",
            [.get]
        ),
        ("HTTP/1.0 200 OK\r\nServer: x\r\n\r\nuntil the end", [.get]), ("HTTP/1.1 200 OK\n\n", [.get]),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 \r\n\r\nrest", [.head, .get]),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", [.get]),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nabc", [.get]),
    ]

    @Test("Whole, byte by byte and in any two pieces the steps are the same")
    func everySplit() {
        for (text, methods) in Self.inputs {
            let bytes = Array(text.utf8)
            let whole = responseTranscript([bytes], answering: methods)
            #expect(responseTranscript(bytes.map { [$0] }, answering: methods) == whole)
            for cut in 1..<bytes.count {
                #expect(
                    responseTranscript(split(bytes, at: [cut]), answering: methods) == whole, "cut at \(cut)")
            }
        }
    }
}
