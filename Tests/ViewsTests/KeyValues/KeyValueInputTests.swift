import LogLine
import Testing

@testable import Views

@Suite("Keys and values from outside")
struct KeyValueInputTests {
    private func compact(_ text: String) throws -> String {
        try bytes(text).withUnsafeBytes { String(decoding: try KeyValueJSON.compact($0), as: UTF8.self) }
    }

    private func invalid(_ text: [UInt8]) -> InvalidField? {
        text.withUnsafeBytes { json in
            do throws(InvalidField) {
                _ = try KeyValueJSON.compact(json)
                return nil
            } catch {
                return error
            }
        }
    }

    @Test("A value loses its white space; numbers and the order of members stay as sent")
    func compacting() throws {
        #expect(
            try compact(" { \"b\" : [ 1.50E+3 , -0 , 12345678901234567890 ] ,\n\"a\":\"\\u0041\\/\" } ")
                == #"{"b":[1.50E+3,-0,12345678901234567890],"a":"A/"}"#)
        for value in ["null", "true", "0", #""""#, "[]", "{}"] { #expect(try compact(value) == value) }
    }

    @Test(
        "What is not one JSON value is refused",
        arguments: [
            "", " ", "nul", "1 2", "1,", #"1},{"deleted":true"#, #"1,"deleted":true"#, "01", "+1", "NaN",
            "'a'",
            #"{"a":1,"a":2}"#, #"[{"b":{"a":1,"\u0061":2}}]"#, #""\ud800""#, "[1,]", "\u{FEFF}1",
        ])
    func malformed(text: String) { #expect(invalid(bytes(text))?.trouble == .malformed) }

    @Test("Invalid UTF-8 and raw control characters are refused")
    func badBytes() {
        for inner: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0x00], [0x0A]] {
            #expect(invalid([0x22] + inner + [0x22])?.trouble == .malformed)
        }
    }

    @Test("A value may have 64 KiB when it is compact, and not a byte more")
    func length() throws {
        let longest = "\"" + String(repeating: "x", count: KeyValueLimits.valueBytesMax - 2) + "\""
        #expect(try compact(" " + longest + " ") == longest)
        #expect(invalid(bytes("[" + longest + "]"))?.trouble == .tooLarge)
    }

    @Test("A value may nest as deep as its line takes it")
    func nesting() throws {
        let deepest = KeyValueJSON.nestingMax
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + #""[{\"]""# + String(repeating: "]", count: levels)
        }
        let log = KeyValueLog()
        try log.put("k", try compact(nested(deepest)))
        #expect(try log.value("k") == nested(deepest))
        let line = try #require(log.lines.last)
        try line.dropLast().withUnsafeBytes { _ = try Line.parse($0) }
        for levels in [deepest + 1, deepest + 2, 10_000] {
            #expect(invalid(bytes(nested(levels)))?.trouble == .malformed)
        }
    }

    @Test("A name has 1 to 128 bytes of UTF-8, without control characters and slashes")
    func names() throws {
        func isValid(_ name: [UInt8]) -> Bool {
            (try? KeyValueName(validating: name, field: "key")) != nil
        }
        let longest = [UInt8](repeating: 0x61, count: 128)
        for name in [longest, bytes("a b\"\\é👍"), bytes("$%?#&+.")] { #expect(isValid(name)) }
        for name in [[], longest + [0x61], bytes("a/b"), [0], [0x7F], [0xC2, 0x85], [0xFF], [0xC3]] {
            #expect(!isValid(name), "\(name)")
        }
        for name in [[], longest + [0x61]] {
            let error = #expect(throws: InvalidField.self) {
                _ = try KeyValueName(validating: name, field: "key")
            }
            #expect(error?.detail == "key has \(name.count) bytes; it takes 1 to 128")
        }
    }
}
