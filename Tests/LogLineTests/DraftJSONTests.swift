import TestSupport
import Testing

@testable import LogLine

@Suite("Drafts in JSON")
struct DraftJSONTests {
    private func message(_ json: String) throws(InvalidField) -> Draft {
        let bytes = ByteSlice(json.utf8)
        defer { withExtendedLifetime(bytes) {} }
        return try Draft.decode(message: bytes.pointer, channel: try Channel(validating: Array("c".utf8)))
    }

    private func append(_ json: String) throws(InvalidField) -> Draft {
        let bytes = ByteSlice(json.utf8)
        defer { withExtendedLifetime(bytes) {} }
        return try Draft.decode(append: bytes.pointer)
    }

    @Test("A message takes a text, an author and an id in any order and any white space")
    func messages() throws {
        let draft = try message(" {\n \"id\" : \"i1\", \"message_text\" : \"a\\nb\" , \"author\":\"alice\"} ")
        #expect(
            draft
                == Draft(
                    channel: try Channel(validating: Array("c".utf8)),
                    author: try Author(validating: Array("alice".utf8)),
                    id: try MessageID(validating: Array("i1".utf8)), body: .text(Array("a\nb".utf8))))
        #expect(try message(#"{"message_text":"x"}"#).author == nil)
    }

    @Test("A text may hold any characters, control characters too")
    func anyText() throws {
        #expect(
            try message(#"{"message_text":"\u0000\u001f\ufeff/\"\\"}"#).body
                == .text(
                    Array("\u{0}\u{1F}\u{FEFF}/\"\\".utf8)))
    }

    @Test(
        "A message that is wrong is refused with the field's name",
        arguments: [
            ("", nil), ("[]", nil), ("{}", "message_text"), (#"{"message_text":"x"}}"#, nil),
            (#"{"message_text":""}"#, "message_text"), (#"{"message_text":1}"#, "message_text"),
            (#"{"message_text":null}"#, "message_text"), (#"{"message_text":["x"]}"#, "message_text"),
            (#"{"message_text":"x","message_text":"y"}"#, "message_text"), (#"{"text":"x"}"#, "text"),
            (#"{"message_text":"x","Author":"a"}"#, "Author"), (#"{"message_text":"x","a\nb":1}"#, "a\nb"),
            (#"{"message_text":"x","author":""}"#, "author"),
            (#"{"message_text":"x","author":null}"#, "author"),
            (#"{"message_text":"x","author":"a\tb"}"#, "author"), (#"{"message_text":"x","id":"a b"}"#, "id"),
            (#"{"message_text":"x","id":7}"#, "id"), (#"{"message_text":"x","channel":"c"}"#, "channel"),
            (#"{"message_text":"x","kind":"k"}"#, "kind"), (#"{"message_text":"x","data":1}"#, "data"),
            (#"{"message_text":"x","key":"k"}"#, "key"), (#"{"message_text":"x","expect":{}}"#, "expect"),
            (#"{"message_text":"\ud800"}"#, "message_text"),
        ] as [(String, String?)])
    func refusedMessages(json: String, field: String?) {
        do throws(InvalidField) {
            _ = try message(json)
            Issue.record("accepted \(json)")
        } catch {
            #expect(error.field == field)
            #expect(error.trouble == .malformed)
            #expect(!error.detail.isEmpty)
        }
    }

    @Test("A text takes 65,536 bytes before escaping, and one more is too large")
    func largestText() throws {
        let largest = String(repeating: "\\u0001", count: 65_535)
        #expect(try message("{\"message_text\":\"\(largest)a\"}").body.count == 65_536)
        let expected = InvalidField(
            field: "message_text", trouble: .tooLarge,
            detail: "message_text has 65537 bytes; the limit is 65536")
        #expect(throws: expected) { try message("{\"message_text\":\"\(largest)é\"}") }
        let channel = try Channel(validating: Array("c".utf8))
        #expect(throws: expected) {
            try Draft.text(validating: [UInt8](repeating: 0x61, count: 65_537), channel: channel)
        }
    }

    @Test("A plain text is taken as it is, and refused when it is empty or no UTF-8")
    func plainText() throws {
        let channel = try Channel(validating: Array("c".utf8))
        let text = Array("{\"a\n\u{0}é".utf8)
        #expect(
            try Draft.text(validating: text, channel: channel) == Draft(channel: channel, body: .text(text)))
        #expect(throws: InvalidField.self) { try Draft.text(validating: [], channel: channel) }
        #expect(
            throws: InvalidField(
                field: "message_text", detail: "message_text is not valid UTF-8 at byte 1")
        ) { try Draft.text(validating: [0x61, 0xFF], channel: channel) }
    }

    @Test("An entry to append takes all fields in any order; its data becomes canonical")
    func entries() throws {
        let draft = try append(
            #"""
            {"expect":{"room:7":41,"r\u006fom:8":0},"data":{ "a" : [ "\u0041" ] },"kind":"room",
             "key":"room:7","author":"alice","id":"i1","channel":"$rooms"}
            """#)
        #expect(draft.channel.description == "$rooms" && draft.key?.description == "room:7")
        #expect(draft.author?.description == "alice" && draft.id?.description == "i1")
        #expect(
            draft.body
                == .data(kind: try Kind(validating: Array("room".utf8)), json: Array(#"{"a":["A"]}"#.utf8)))
        let keys = try ["room:7", "room:8"].map { try Key(validating: Array($0.utf8)) }
        #expect(
            draft.expectations == [
                Draft.Expectation(key: keys[0], offset: Offset(41)),
                Draft.Expectation(key: keys[1], offset: .zero),
            ])
    }

    @Test(
        "An entry that is wrong is refused with the field's name",
        arguments: [
            (#"{"message_text":"x"}"#, "channel"), (#"{"channel":"c"}"#, "message_text"),
            (#"{"channel":"a/b","message_text":"x"}"#, "channel"), (#"{"channel":"c","kind":"k"}"#, "data"),
            (#"{"channel":"c","data":1}"#, "kind"), (#"{"channel":"c","kind":"k","data":nul}"#, "data"),
            (#"{"channel":"c","kind":"k k","data":1}"#, "kind"),
            (#"{"channel":"c","message_text":"x","kind":"k"}"#, "message_text"),
            (#"{"channel":"c","message_text":"x","data":1}"#, "message_text"),
            (#"{"channel":"c","message_text":"x","key":""}"#, "key"),
            (#"{"channel":"c","message_text":"x","offset":1}"#, "offset"),
            (#"{"channel":"c","message_text":"x","expect":[]}"#, "expect"),
            (#"{"channel":"c","message_text":"x","expect":{"a":-1}}"#, "expect"),
            (#"{"channel":"c","message_text":"x","expect":{"a":1.5}}"#, "expect"),
            (#"{"channel":"c","message_text":"x","expect":{"a":"1"}}"#, "expect"),
            (#"{"channel":"c","message_text":"x","expect":{"a":9007199254740993}}"#, "expect"),
            (#"{"channel":"c","message_text":"x","expect":{"":1}}"#, "expect"),
            (#"{"channel":"c","message_text":"x","expect":{"a":1,"\u0061":1}}"#, "expect"),
            (#"{"channel":"c","channel":"c","message_text":"x"}"#, "channel"), (#"{"channel":"c"} {}"#, nil),
        ] as [(String, String?)])
    func refusedEntries(json: String, field: String?) {
        do throws(InvalidField) {
            _ = try append(json)
            Issue.record("accepted \(json)")
        } catch {
            #expect(error.field == field)
        }
    }

    @Test("A draft may rely on as many keys as the limit says, and not on one more")
    func expectations() throws {
        func json(_ count: Int) -> String {
            let expect = (0..<count).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
            return "{\"channel\":\"c\",\"message_text\":\"x\",\"expect\":{\(expect)}}"
        }
        let largest = try append(json(LineLimits.expectationsMax))
        #expect(largest.expectations.count == LineLimits.expectationsMax)
        #expect(largest.expectations.last?.offset == Offset(UInt64(LineLimits.expectationsMax - 1)))
        #expect(throws: InvalidField(field: "expect", detail: "expect has more than 64 keys")) {
            try append(json(LineLimits.expectationsMax + 1))
        }
    }

    @Test("Data takes its limit in canonical form, however it was written, and not one byte more")
    func largestData() throws {
        func json(_ bytes: Int) -> String {
            let text = String(repeating: "x", count: bytes - 2)
            return "{\"channel\":\"c\",\"kind\":\"k\",\"data\": \"\(text)\" }"
        }
        #expect(try append(json(LineLimits.dataBytesMax)).body.count == LineLimits.dataBytesMax)
        #expect(
            throws: InvalidField(
                field: "data", trouble: .tooLarge, detail: "data has 393217 bytes; the limit is 393216")
        ) { try append(json(LineLimits.dataBytesMax + 1)) }
    }

    @Test("An unknown field's name is shown only as far as a name may be long")
    func longName() {
        do throws(InvalidField) {
            _ = try message("{\"\(String(repeating: "x", count: 100_000))\":1}")
            Issue.record("accepted")
        } catch {
            #expect(error.detail.utf8.count < 400)
        }
    }

    @Test("Any draft is read back from the line it is forwarded as")
    func roundTrip() throws {
        let seed: UInt64 = 0x5eed_0009
        var samples = Samples(seed: seed)
        for round in 0..<500 {
            var draft = try samples.draft()
            for index in 0..<samples.random.below(4) {
                let key = try Key(validating: Array("key \"\(index)\"".utf8))
                draft.expectations.append(Draft.Expectation(key: key, offset: samples.offset()))
            }
            let out = ByteBuffer()
            draft.encode(into: out)
            #expect(out.array.last == 0x0A && !out.array.dropLast().contains(0x0A))
            #expect(try append(String(out.text.dropLast())) == draft, "seed \(seed), \(round)")
        }
    }

    @Test("What a draft becomes as a line does not depend on how its JSON was written")
    func canonicalLine() throws {
        let drafts = try [
            #"{"channel":"c","message_text":"é\n/","id":"i"}"#,
            #" { "id" : "\u0069" , "message_text":"\u00e9\u000a\/", "channel":"\u0063" } "#,
        ].map { try append($0) }
        #expect(encoded(drafts[0]) == encoded(drafts[1]))
    }
}

extension Draft.Body {
    fileprivate var count: Int {
        switch self {
        case .text(let text): text.count
        case .data(_, let json): json.count
        }
    }
}
