import Testing

@testable import LogLine

@Suite("Replies")
struct ReplyTests {
    private static let head = #"{"offset":9,"time":"1970-01-01T00:00:00.000Z","channel":"c""#
    private static let text = #","message_text":"t""#

    private static func draft() throws -> Draft {
        Draft(
            channel: try Channel(validating: Array("default-channel".utf8)),
            author: try Author(validating: Array("bob".utf8)),
            id: try MessageID(validating: Array("r1".utf8)), body: .text(Array("Good morning!".utf8)),
            replyTo: Offset(42))
    }

    @Test("The documented reply is encoded to exactly its bytes, and read back from them")
    func golden() throws {
        let golden = """
            {"offset":43,"time":"2026-11-20T06:31:07.004Z","channel":"default-channel","author":"bob",\
            "id":"r1","message_text":"Good morning!","reply_to":42,"crc":"b071bebb"}
            """
        let time = try #require(Timestamp("2026-11-20T06:31:07.004Z"))
        #expect(
            String(decoding: encoded(try Self.draft(), offset: Offset(43), time: time), as: UTF8.self)
                == golden)
        let parsed = try parse(Array(golden.utf8))
        #expect(parsed.replyTo == Offset(42))
        let draft = Array(golden.utf8).withUnsafeBytes { parsed.draft(in: $0) }
        let expected = try Self.draft()
        #expect(draft == expected)
    }

    @Test("Every reply from 1 to 2^53 is found from the line's end")
    func found() throws {
        var draft = try Self.draft()
        for value in [1, 9, 10, 4_294_967_296, LineLimits.offsetMax - 1, LineLimits.offsetMax] {
            draft.replyTo = Offset(value)
            try encoded(draft).withUnsafeBytes { bytes in
                let scan = try Line.scan(bytes)
                #expect(Line.replyTo(of: bytes, scan) == Offset(value))
            }
        }
    }

    @Test(
        "What only looks like a reply is none",
        arguments: [
            text, #","message_text":"t,\"reply_to\":7""#, #","message_text":"7""#, #","x_reply_to":7"#,
            text + #","z":7"#, text + #","z":{"a":1,"reply_to":7}"#, text + #","z":[7]"#,
            #","z":"reply_to",":":7"#, text + #","reply_to":0"#, text + #","reply_to":9007199254740993"#,
        ])
    func none(fields: String) throws {
        try sealed(Self.head + fields).withUnsafeBytes { bytes in
            let scan = try Line.scan(bytes)
            #expect(Line.replyTo(of: bytes, scan) == nil)
        }
    }

    @Test(
        "A reply that is no canonical offset directly between message_text and crc is refused",
        arguments: [
            #","reply_to":7"#, #","reply_to":7"# + text, #","kind":"k","data":1,"reply_to":7"#,
            text + #","z":1,"reply_to":7"#, text + #","reply_to":7,"z":1"#,
            text + #","reply_to":7,"reply_to":8"#,
            text + #","reply_to":07"#, text + #","reply_to":-7"#, text + #","reply_to":7.0"#,
            text + #","reply_to":7e1"#, text + #","reply_to":"7""#, text + #","reply_to":null"#,
            text + #","reply_to": 7"#, text + #","reply_to":9007199254740993"#,
        ])
    func misplaced(fields: String) {
        #expect(throws: LineError.self) { try parse(sealed(Self.head + fields)) }
    }

    @Test("A reply to 0 is named, for the first line is 1")
    func zero() {
        do throws(LineError) {
            _ = try parse(sealed(Self.head + Self.text + #","reply_to":0"#))
            Issue.record("accepted")
        } catch {
            #expect(error.code == .invalidField)
        }
    }

    @Test("Drafts carry the reply in both of their forms")
    func drafts() throws {
        let body = ByteSlice(#"{"reply_to": 42, "message_text":"t"}"#.utf8)
        let channel = try Channel(validating: Array("c".utf8))
        #expect(try Draft.decode(message: body.pointer, channel: channel).replyTo == Offset(42))
        let out = ByteBuffer()
        let draft = try Self.draft()
        draft.encode(into: out)
        #expect(out.text.hasSuffix(#""message_text":"Good morning!","reply_to":42}"# + "\n"))
        out.truncate(to: out.count - 1)
        #expect(try Draft.decode(append: out.pointer) == draft)
    }

    @Test(
        "A draft whose reply is wrong is refused with the field's name",
        arguments: [
            #"{"message_text":"t","reply_to":0}"#, #"{"message_text":"t","reply_to":"7"}"#,
            #"{"message_text":"t","reply_to":1.5}"#, #"{"message_text":"t","reply_to":null}"#,
            #"{"message_text":"t","reply_to":9007199254740993}"#,
        ])
    func refusedDrafts(json: String) throws {
        let body = ByteSlice(json.utf8)
        let channel = try Channel(validating: Array("c".utf8))
        do throws(InvalidField) {
            _ = try Draft.decode(message: body.pointer, channel: channel)
            Issue.record("accepted \(json)")
        } catch {
            #expect(error.field == "reply_to")
        }
    }

    @Test("A draft of another kind takes no reply")
    func otherKind() {
        let body = ByteSlice(#"{"channel":"c","kind":"k","data":1,"reply_to":7}"#.utf8)
        do throws(InvalidField) {
            _ = try Draft.decode(append: body.pointer)
            Issue.record("accepted")
        } catch {
            #expect(error.field == "reply_to")
        }
    }
}
