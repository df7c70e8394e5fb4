import TestSupport
import Testing

@testable import LogLine

/// Lines whose crc is right and whose content is not.
@Suite("Refused lines")
struct LineRefusalTests {
    private static let head = #"{"offset":1,"time":"1970-01-01T00:00:00.000Z","channel":"c""#
    private static let text = #","message_text":"t""#

    private func code(_ content: String) -> LineError.Code? {
        do throws(LineError) {
            _ = try parse(sealed(content))
            return nil
        } catch {
            return error.code
        }
    }

    @Test("The head and a text alone are a line")
    func minimal() {
        #expect(code(Self.head + Self.text) == nil)
    }

    @Test(
        "Fields of other names pass anywhere between channel and crc, with any canonical value",
        arguments: [
            #","zone":"x""#, #","zone":7"#, #","zone":-1.5e3"#, #","zone":null"#, #","zone":[]"#,
            #","zone":{}"#,
            #","zone":{"a":[{"b":"}]\"{["}],"kind":"no"}"#, #","a":1,"b":{"a":1},"":2"#, #","zo\"ne":true"#,
            #","Kind":"room""#, #","messages":[1,2]"#,
        ])
    func unknownFields(fields: String) throws {
        let parts = [#","key":"k""#, #","author":"a""#, #","id":"i""#, Self.text]
        for place in 0...parts.count {
            var content = parts
            content.insert(fields, at: place)
            let line = sealed(Self.head + content.joined())
            let parsed = try parse(line)
            #expect(parsed.hasUnknownFields && parsed.isMessage && parsed.text == Array("t".utf8))
            try line.withUnsafeBytes { bytes in
                #expect(parsed.draft(in: bytes) == nil)
                let scan = try Line.scan(bytes)
                #expect(scan.isMessage)
                let read = try Line.fields(of: bytes, scan)
                #expect(read.id.map { Line.unescape($0, in: bytes) } == Array("i".utf8))
                #expect(read.text.map { Line.unescape($0, in: bytes) } == Array("t".utf8))
            }
        }
    }

    @Test("A kind is found behind fields of other names")
    func kindBehindUnknown() throws {
        let line = sealed(Self.head + #","zone":[{"kind":1}],"kind":"room","data":1"#)
        #expect(try !scan(line).isMessage)
        #expect(try parse(line).kind?.description == "room")
    }

    @Test("An entry of another kind may have a text, or neither text nor data")
    func otherKinds() {
        #expect(code(Self.head + #","kind":"edit""# + Self.text) == nil)
        #expect(code(Self.head + #","kind":"ping""#) == nil)
    }

    @Test(
        "What is no canonical JSON in the fixed order is malformed",
        arguments: [
            "x", "{", #"{"offset":1"#,
            #"{ "offset":1,"time":"1970-01-01T00:00:00.000Z","channel":"c""# + text,
            #"{"offset": 1,"time":"1970-01-01T00:00:00.000Z","channel":"c""# + text,
            #"{"offset":01,"time":"1970-01-01T00:00:00.000Z","channel":"c""# + text,
            #"{"offset":-1,"time":"1970-01-01T00:00:00.000Z","channel":"c""# + text,
            #"{"offset":1.0,"time":"1970-01-01T00:00:00.000Z","channel":"c""# + text,
            #"{"offset":"1","time":"1970-01-01T00:00:00.000Z","channel":"c""# + text,
            #"{"offset":9007199254740993,"time":"1970-01-01T00:00:00.000Z","channel":"c""# + text,
            #"{"offset":18446744073709551617,"time":"1970-01-01T00:00:00.000Z","channel":"c""# + text,
            #"{"offset":1,"channel":"c","time":"1970-01-01T00:00:00.000Z""# + text,
            #"{"offset":1,"time":"1970-01-01T00:00:00.000Z","channel":7"# + text,
            #"{"offset":1,"time":"1970-01-01T00:00:00.000Z","channel":"c"# + text,
            head, head + "}", head + " " + text, head + ", " + text, head + text + ",", head + text + " ",
            head + #","message_text": "t""#, head + #","message_text":t"#, head + #","message_text":7"#,
            head + #","message_text":"t"#, head + #","message_text""#, head + text + text, head + text + "x",
            head + text + #","id":"i""#, head + #","id":"i","author":"a""# + text, head + #","data":1"#,
            head + text + #","data":1"#, head + #","kind":"k""# + text + #","data":1"#,
            head + #","author":"a","kind":"k","data":1"#, head + #","id":"i","id":"i""# + text,
            head + #","crc":"00000000""# + text, head + text + #","offset":2"#, head + text + #","time":1"#,
            head + #","channel":"d""# + text, head + #","z":1,"z":2"# + text,
            head + #","z":{"a":1,"a":1}"# + text,
            head + #","z":[1, 2]"# + text, head + #","z":01"# + text, head + #","z":tru"# + text,
            head + #","z":"\u0041""# + text, head + #","\u007a":1"# + text,
            head + #","kind":"k","data":{ }"#, head + #","kind":"k","data":{"a" :1}"#,
            head + #","kind":"k","data":"\/""#, head + #","kind":"k","data":[1"#,
            head + #","kind":"k","data":"#,
            head + #","message_text":"\u0061""#, head + #","message_text":"\/""#,
            head + #","message_text":"\u000a""#, head + #","message_text":"\u001F""#,
            head + #","message_text":"\u00e9""#, head + #","message_text":"\ud83d\ude00""#,
            head + #","message_text":"\ud83d""#, head + ",\"message_text\":\"\t\"",
            head + ",\"message_text\":\"\u{1F}\"",
        ])
    func malformed(content: String) {
        #expect(code(content) == .malformed)
        #expect(throws: LineError.self) { try parse(Array(content.utf8)) }
    }

    @Test(
        "A field that breaks its rule is named",
        arguments: [
            (#"{"offset":0,"time":"1970-01-01T00:00:00.000Z","channel":"c""# + text, "offset"),
            (#"{"offset":1,"time":"1970-02-30T00:00:00.000Z","channel":"c""# + text, "time"),
            (#"{"offset":1,"time":"1970-01-01T00:00:00Z","channel":"c""# + text, "time"),
            (#"{"offset":1,"time":"1970-01-01T00:00:00.000Z","channel":"""# + text, "channel"),
            (#"{"offset":1,"time":"1970-01-01T00:00:00.000Z","channel":"a/b""# + text, "channel"),
            (#"{"offset":1,"time":"1970-01-01T00:00:00.000Z","channel":"a\n""# + text, "channel"),
            (head + #","kind":"a b","data":1"#, "kind"), (head + #","kind":"","data":1"#, "kind"),
            (head + #","key":"""# + text, "key"), (head + ",\"key\":\"\u{85}\"" + text, "key"),
            (head + #","author":"""# + text, "author"), (head + #","id":"é""# + text, "id"),
            (head + #","message_text":"""#, "message_text"),
            (head + ",\"message_text\":\"" + String(repeating: "x", count: 65_537) + "\"", "message_text"),
            (head + ",\"kind\":\"k\",\"data\":\"" + String(repeating: "x", count: 393_215) + "\"", "data"),
        ])
    func invalidField(content: String, field: String) {
        do throws(LineError) {
            _ = try parse(sealed(content))
            Issue.record("accepted: \(content.prefix(200))")
        } catch {
            #expect(error.code == .invalidField)
            #expect(error.detail.hasPrefix(field))
        }
    }

    @Test("Ill-formed UTF-8 is refused in every string of a line", arguments: UTF8Tests.illFormed)
    func illFormed(bad: [UInt8]) {
        let head = #"{"offset":1,"time":"1970-01-01T00:00:00.000Z","channel":"c"#
        let parts = [head, #"","key":"k"#, #"","author":"a"#, #"","zone":"z"#, #"","message_text":"t"#]
        for place in parts.indices {
            var content: [UInt8] = []
            for (index, part) in parts.enumerated() {
                content += Array(part.utf8)
                if index == place { content += bad }
            }
            #expect(throws: LineError.self) { try parse(sealed(content + [0x22])) }
        }
    }

    @Test("Twice the unknown fields take about twice the time, not four times")
    func manyUnknownFieldsInLinearTime() throws {
        func time(_ count: Int) throws -> Duration {
            let line = sealed(Self.head + Self.text + (0..<count).map { ",\"\($0)\":0" }.joined())
            return try (0..<3).map { _ in try ContinuousClock().measure { _ = try parse(line) } }.min()
                ?? .zero
        }
        let few = try time(4_000)
        let many = try time(32_000)
        #expect(many < few * 32, "\(few) and \(many)")
    }

    @Test("A wrong crc, a missing crc and too many bytes each have their code")
    func codes() {
        var line = sealed(Self.head + Self.text)
        line[20] ^= 1
        #expect(throws: LineError(.crcMismatch, byte: line.count - 18, "its crc is not that of its bytes")) {
            try scan(line)
        }
        #expect(throws: LineError(.truncated, byte: 3, "it does not end with a crc")) {
            try parse([1, 2, 3])
        }
        let long = [UInt8](repeating: 0x20, count: LineLimits.lineBytesMax)
        #expect(
            throws: LineError(
                .tooLong, byte: 524_288, "it has 524289 bytes; the limit is 524288")
        ) { try scan(long) }
    }

    @Test(
        "A crc is 8 lowercase digits", arguments: ["DDB77CBF", "ddb77cb", "ddb77cbg", " db77cbf", "0xddb77c"])
    func crcDigits(digits: String) {
        let line = LineGoldenTests.example.dropLast(10) + digits + "\"}"
        #expect(throws: LineError.self) { try scan(Array(line.utf8)) }
    }

    @Test("The fast reader fails where a line with a right crc is broken, and never reads beyond it")
    func scanIsSafe() {
        let seed: UInt64 = 0x5eed_0008
        var random = SplitMix64(seed: seed)
        let valid = Array((Self.head + #","kind":"k","key":"a\"b","z":[{"x":"]"}],"data":{"a":[1]}"#).utf8)
        for _ in 0..<5_000 {
            var content = valid
            for _ in 0..<1 + random.below(3) {
                content[random.below(content.count)] = Array("\"\\{}[],:x\n".utf8)[random.below(10)]
            }
            if random.chance(30) { content.removeLast(random.below(content.count)) }
            let line = sealed(content)
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: line.count, alignment: 1)
            defer { memory.deallocate() }
            memory.copyBytes(from: line)
            let bytes = UnsafeRawBufferPointer(memory)
            guard let scan = try? Line.scan(bytes), let fields = try? Line.fields(of: bytes, scan) else {
                continue
            }
            for range in [fields.kind, fields.key, fields.author, fields.id, fields.text, fields.data] {
                guard let range else { continue }
                #expect(range.upperBound <= content.count, "seed \(seed)")
                _ = Line.unescape(range, in: bytes)
            }
        }
    }

    @Test("A field that should be a string and is none is an error of the fast reader")
    func fieldsFail() throws {
        let line = sealed(Self.head + #","id":7"# + Self.text)
        try line.withUnsafeBytes { bytes in
            let scan = try Line.scan(bytes)
            #expect(throws: LineError.self) { try Line.fields(of: bytes, scan) }
        }
    }
}
