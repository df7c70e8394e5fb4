import LogLine
import Measuring
import Web

/// What reading a request and writing the head of its answer cost.
///
///     swift run -c release --package-path Benchmarks http [PART OF A NAME]
enum HTTPBenchmark {
    private static let message = "{\"message_text\":\"Hello everyone! Good morning\",\"id\":\"c7f3a0\"}"
    private static let get = bytes(
        "GET /messages/default-channel?last=50 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n"
            + "User-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n")
    private static let browserGet = bytes(
        "GET /messages/default-channel?last=50 HTTP/1.1\r\nHost: chat.example.org\r\n"
            + "Connection: keep-alive\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 "
            + "(KHTML, like Gecko) Chrome/131.0\r\nAccept: text/html,application/xhtml+xml,"
            + "application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
            + "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
            + "Cookie: session=0123456789abcdef0123456789abcdef\r\nSec-Fetch-Mode: navigate\r\n\r\n")
    private static let post = bytes(
        "POST /messages/default-channel HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: curl/7.88.1\r\n"
            + "Accept: */*\r\nContent-Type: application/json\r\nContent-Length: \(message.utf8.count)\r\n"
            + "\r\n\(message)")
    private static let chunkedPost = bytes(
        "POST /messages/default-channel HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + "\(String(message.utf8.count, radix: 16))\r\n\(message)\r\n0\r\n\r\n")
    private static let answer = bytes(
        "HTTP/1.1 200 OK\r\ndate: Fri, 20 Nov 2026 06:31:00 GMT\r\ncontent-type: application/json\r\n"
            + "content-length: \(message.utf8.count)\r\n\r\n\(message)")

    static func run() {
        measureRequests()
        measureParts()
        measureAnswers()
    }

    private static func measureRequests() {
        let parser = HTTPRequestParser()
        report("GET, \(get.count) bytes") { read(get, parser) }
        report("browser's GET, \(browserGet.count) bytes") { read(browserGet, parser) }
        report("POST, \(post.count) bytes") { read(post, parser) }
        report("chunked POST, \(chunkedPost.count) bytes") { read(chunkedPost, parser) }
        let pipelined = ByteSlice((0..<16).flatMap { _ in post.array })
        report("16 pipelined POSTs") { read(pipelined, parser) }
        let single = post.array.map { ByteSlice([$0]) }
        report("POST byte by byte") { single.reduce(0) { $0 &+ read($1, parser) } }
        let append = bytes(
            "POST /append HTTP/1.1\r\nHost: a\r\nContent-Length: 262144\r\n\r\n"
                + String(repeating: "x", count: 262_144))
        let pieces = cut(append, pieceBytes: 65_536)
        report("POST of 256 KiB in 64 KiB pieces") { pieces.reduce(0) { $0 &+ read($1, parser) } }
    }

    private static func measureParts() {
        let parser = HTTPRequestParser()
        parser.feed(browserGet.pointer)
        guard case .headComplete(let head) = parser.next() else { return }
        report("path segments") { UInt32(truncatingIfNeeded: head.path.segments.count) }
        report("query value") { UInt32(truncatingIfNeeded: head.query["last"]?.decoded.count ?? 0) }
        report("header value") { UInt32(truncatingIfNeeded: head.header("cookie")?.utf8.count ?? 0) }
        report("header value, none") { head.header("authorization") == nil ? 1 : 0 }
    }

    private static func measureAnswers() {
        let parser = HTTPResponseParser()
        report("answer, \(answer.count) bytes") { read(answer, parser) }
        let long = bytes(
            "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n" + String(repeating: "x", count: 1 << 20))
        let pieces = cut(long, pieceBytes: 65_536)
        report("answer of 1 MiB in 64 KiB pieces") { pieces.reduce(0) { $0 &+ read($1, parser) } }
        let out = ByteBuffer(capacity: 4_096)
        let date = Array("Fri, 20 Nov 2026 06:31:00 GMT".utf8)
        report("head of an answer, written") {
            out.truncate(to: 0)
            HTTPResponseHead.encodeStatus(201, date: date, into: out)
            HTTPResponseHead.encodeField("content-type", "application/json", into: out)
            HTTPResponseHead.encodeLength(82, into: out)
            out.append("\r\n")
            return UInt32(truncatingIfNeeded: out.count)
        }
    }

    private static func read(_ bytes: ByteSlice, _ parser: HTTPRequestParser) -> UInt32 {
        parser.feed(bytes.pointer)
        var sum: UInt32 = 0
        while true {
            switch parser.next() {
            case .needMore: return sum
            case .headComplete(let head): sum &+= UInt32(truncatingIfNeeded: head.versionMinor)
            case .request(let request): sum &+= UInt32(truncatingIfNeeded: request.body.count)
            case .failed(let failure): fatalError("the benchmark's own input was refused: \(failure)")
            }
        }
    }

    private static func read(_ bytes: ByteSlice, _ parser: HTTPResponseParser) -> UInt32 {
        parser.feed(bytes.pointer)
        var sum: UInt32 = 0
        while true {
            switch parser.next() {
            case .needMore: return sum
            case .head(let head): sum &+= UInt32(truncatingIfNeeded: head.status)
            case .body(let piece): sum &+= UInt32(truncatingIfNeeded: piece.count)
            case .end: sum &+= 1
            case .failed(let failure): fatalError("the benchmark's own input was refused: \(failure)")
            }
        }
    }

    private static func bytes(_ text: String) -> ByteSlice { ByteSlice(Array(text.utf8)) }

    private static func cut(_ bytes: ByteSlice, pieceBytes: Int) -> [ByteSlice] {
        stride(from: 0, to: bytes.count, by: pieceBytes).map {
            bytes[$0..<min($0 + pieceBytes, bytes.count)]
        }
    }
}
