import LogLine
import Replication
import Testing

@testable import Web

@Suite("Heads of responses are written")
struct HTTPResponseHeadTests {
    private static let date = Array("Fri, 20 Nov 2026 06:31:00 GMT".utf8)

    @Test("Status, date, fields and length have their golden bytes")
    func golden() {
        let out = ByteBuffer()
        HTTPResponseHead.encodeStatus(201, date: Self.date, into: out)
        HTTPResponseHead.encodeField("content-type", "application/json", into: out)
        HTTPResponseHead.encodeLength(1_234, into: out)
        #expect(
            out.text == "HTTP/1.1 201 Created\r\ndate: Fri, 20 Nov 2026 06:31:00 GMT\r\n"
                + "content-type: application/json\r\ncontent-length: 1234\r\n")
    }

    @Test("Every final status is written so that our own parser reads it")
    func everyStatus() {
        for status in 200...999 {
            let out = ByteBuffer()
            HTTPResponseHead.encodeStatus(status, date: Self.date, into: out)
            HTTPResponseHead.encodeLength(0, into: out)
            out.append("\r\n")
            let steps = responseTranscript([out.array], answering: [.get])
            #expect(steps.first?.hasPrefix("\(status) HTTP/1.1 stays") == true)
        }
    }

    @Test("Every problem's status has its reason phrase", arguments: ProblemType.allCases)
    func reasons(type: ProblemType) {
        #expect(HTTPStatus.reason(type.status) != "")
    }

    @Test("No value can end its line")
    func injection() {
        let out = ByteBuffer()
        HTTPResponseHead.encodeField("location", "/a\r\nX: b\u{0}\u{7f}ä\tz", into: out)
        #expect(out.text == "location: /a  X: b  ä\tz\r\n")
    }
}
