import Testing

@testable import LogLine

/// The canonical form of a whole document, read strictly.
func canonical(_ document: [UInt8]) throws(InvalidField) -> String {
    let bytes = ByteSlice(document)
    let out = ByteBuffer()
    var reader = JSONReader(bytes.pointer)
    try reader.canonicalValue(field: nil, into: out)
    try reader.end()
    return out.text
}

func canonical(_ document: String) throws(InvalidField) -> String { try canonical(Array(document.utf8)) }

@Suite("JSON reader")
struct JSONReaderTests {
    @Test(
        "A valid document is read and written canonically",
        arguments: [
            ("null", "null"), (" true ", "true"), ("\t\r\nfalse\n", "false"),
            ("0", "0"), ("-0", "-0"), ("10", "10"), ("-12.50e+03", "-12.50e+03"), ("1E5", "1E5"),
            ("0.0", "0.0"), ("123456789012345678901234567890", "123456789012345678901234567890"),
            (#""""#, #""""#), (#""a\/b""#, #""a/b""#), (#""\u0041\u00E9\ud83d\ude00""#, #""Aé😀""#),
            (#""\u000A\u001F\u0008\u007f""#, #""\n\u001f\b"# + "\u{7F}\""),
            ("[]", "[]"), ("[ ]", "[]"), ("{}", "{}"), ("{ }", "{}"),
            ("[ 1 , [ ] , { } , \"x\" ]", #"[1,[],{},"x"]"#),
            (#"{ "b" : 1 , "a" : { "b" : [ true , null ] } }"#, #"{"b":1,"a":{"b":[true,null]}}"#),
            (#"{"\u0061":1,"\"":2}"#, #"{"a":1,"\"":2}"#), (#"{"":{"":0}}"#, #"{"":{"":0}}"#),
        ])
    func accepted(document: String, form: String) throws {
        #expect(try canonical(document) == form)
        #expect(try canonical(form) == form)
    }

    @Test(
        "An array is read element by element",
        arguments: [("[]", []), (" [ \"a\" , \"b\" ] ", ["a", "b"]), (#"["\u00e9"]"#, ["é"])])
    func arrays(document: String, elements: [String]) throws {
        let found = try strings(document)
        #expect(found == elements)
    }

    @Test(
        "An array that is none, or holds something else, is refused",
        arguments: ["{}", "[1]", "[\"a\",]", "[\"a\" \"b\"]", "[", "[\"a\"", "[\"a\"] 1"])
    func brokenArrays(document: String) {
        #expect(throws: InvalidField.self) { try strings(document) }
    }

    private func strings(_ document: String) throws(InvalidField) -> [String] {
        let bytes = ByteSlice(document.utf8)
        var reader = JSONReader(bytes.pointer)
        var found = [String]()
        try reader.beginArray(field: "names")
        while try reader.nextElement(field: "names") {
            found.append(String(decoding: try reader.string(field: "names"), as: UTF8.self))
        }
        try reader.end()
        return found
    }

    @Test(
        "What is not JSON is refused",
        arguments: [
            "", " ", "nul", "nulll", "True", "tru", "NaN", "Infinity", "undefined", "'a'", "a",
            "01", "-", "-01", "+1", ".5", "1.", "1.e5", "1e", "1e+", "0x10", "1_000", "--1", "1 2",
            "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\U0041\"", "\"\\", "\"\\u\"",
            "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\n\"",
            "\"\n\"", "\"\u{0}\"", "\"\u{1F}\"", "\"\t\"",
            "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1,,2]", "[}", "[1}",
            "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,\"a\":1}", "{\"a\" 1}",
            "{\"a\":1 \"b\":2}", "{a:1}", "{1:2}", "{\"a\":1]", "{\"a\":,}", "{\"a\":1,,\"b\":2}",
            "{} {}", "{}x", "1,", "//\n1", "1/**/", "\u{FEFF}1", "\u{A0}1", "\u{0B}1", "\u{0C}1",
            #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"[{"x":{"a":1,"b":2,"a":3}}]"#,
            #"{"x":{},"y":{"z":0},"x":1}"#, #"{"":1,"":2}"#, #"{"😀":1,"\ud83d\ude00":2}"#,
        ])
    func refused(document: String) {
        #expect(throws: InvalidField.self) { try canonical(document) }
    }

    @Test(
        "Ill-formed UTF-8 is refused in a value, in a key and outside of strings",
        arguments: UTF8Tests.illFormed)
    func illFormed(bad: [UInt8]) {
        let quote = [UInt8(ascii: "\"")]
        #expect(throws: InvalidField.self) { try canonical(quote + bad + quote) }
        #expect(throws: InvalidField.self) {
            try canonical(Array("{\"a".utf8) + bad + Array("b\":1}".utf8))
        }
        #expect(throws: InvalidField.self) { try canonical(Array("[1".utf8) + bad + Array("]".utf8)) }
    }

    @Test("Every beginning of a document is refused, none is read beyond its end")
    func everyBeginning() throws {
        let document = Array(#"{"a":[1.5e3,"\ud83d\ude00é",{"b":null,"c":[]}],"d":true}"#.utf8)
        _ = try canonical(document)
        for count in 0..<document.count {
            #expect(throws: InvalidField.self, "\(count) bytes") { try canonical(Array(document[..<count])) }
        }
    }

    @Test("A value may nest to the limit and not deeper, wherever it stands")
    func nesting() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        let limit = LineLimits.nestingMax
        _ = try canonical(nested(limit))
        #expect(throws: InvalidField.self) { try canonical(nested(limit + 1)) }
        let objects =
            String(repeating: #"{"a":"#, count: limit + 1) + "1" + String(repeating: "}", count: limit + 1)
        #expect(throws: InvalidField.self) { try canonical(objects) }
        let inside = ByteSlice("{\"data\":\(nested(limit))}".utf8)
        var reader = JSONReader(inside.pointer)
        try reader.beginObject(field: nil)
        _ = try reader.nextKey()
        #expect(try reader.skipValue(field: "data").count == 2 * limit)
    }

    @Test("Objects begun one by one have the same limit")
    func nestedByHand() throws {
        let bytes = ByteSlice(String(repeating: #"{"a":"#, count: LineLimits.nestingMax + 1).utf8)
        var reader = JSONReader(bytes.pointer)
        for _ in 0..<LineLimits.nestingMax {
            try reader.beginObject(field: "a")
            _ = try reader.nextKey()
        }
        #expect(throws: InvalidField.self) { try reader.beginObject(field: "a") }
    }

    @Test("A duplicate is found at every place among many keys, also when written with escapes")
    func manyKeys() throws {
        for count in [2, 15, 16, 17, 18, 40] {
            for place in 0..<count - 1 {
                var keys = (0..<count).map { "\"key\($0)\"" }
                _ = try canonical("{" + keys.map { "\($0):0" }.joined(separator: ",") + "}")
                keys[count - 1] = "\"\\u006bey\(place)\""
                #expect(throws: InvalidField.self, "\(place) of \(count)") {
                    try canonical("{" + keys.map { "\($0):{\"a\":0}" }.joined(separator: ",") + "}")
                }
            }
        }
    }

    @Test("Keys of one object do not count in another, however many there are")
    func keysOfOthers() throws {
        let many = "{" + (0..<30).map { "\"k\($0)\":0" }.joined(separator: ",") + "}"
        _ = try canonical("[\(many),\(many),{\"x\":\(many),\"k1\":\(many)}]")
        _ = try canonical("{\"k0\":\(many),\"k1\":\(many)}")
    }

    @Test("Twice the keys take about twice the time, not four times")
    func manyKeysInLinearTime() throws {
        func time(_ count: Int) throws -> Duration {
            let document = Array(("{" + (0..<count).map { "\"\($0)\":0" }.joined(separator: ",") + "}").utf8)
            return try (0..<3).map { _ in try ContinuousClock().measure { _ = try canonical(document) } }
                .min()
                ?? .zero
        }
        let few = try time(4_000)
        let many = try time(32_000)
        #expect(many < few * 32, "\(few) and \(many)")
    }

    @Test("Members are read one by one, in their order, with their own types")
    func members() throws {
        let bytes = ByteSlice(
            #" { "text":"a\nb", "count" : 42 , "yes":true, "no":false, "in" : { "x" : 1 } , "any":[1, 2] } "#
                .utf8)
        var reader = JSONReader(bytes.pointer)
        try reader.beginObject(field: nil)
        #expect(try reader.nextKey() == Array("text".utf8))
        #expect(try reader.string(field: "text") == Array("a\nb".utf8))
        #expect(try reader.nextKey() == Array("count".utf8))
        #expect(try reader.unsignedInteger(field: "count") == 42)
        #expect(try reader.nextKey() == Array("yes".utf8))
        #expect(try reader.boolean(field: "yes"))
        #expect(try reader.nextKey() == Array("no".utf8))
        #expect(try !reader.boolean(field: "no"))
        #expect(try reader.nextKey() == Array("in".utf8))
        try reader.beginObject(field: "in")
        #expect(try reader.nextKey() == Array("x".utf8))
        #expect(try reader.unsignedInteger(field: "x") == 1)
        #expect(try reader.nextKey() == nil)
        #expect(try reader.nextKey() == Array("any".utf8))
        let out = ByteBuffer()
        try reader.canonicalValue(field: "any", into: out)
        #expect(out.text == "[1,2]")
        #expect(try reader.nextKey() == nil)
        try reader.end()
    }

    @Test("The error names the field and the byte")
    func errorNamesField() {
        let bytes = ByteSlice(#"{"author":7}"#.utf8)
        var reader = JSONReader(bytes.pointer)
        #expect(
            throws: InvalidField(
                field: "author", detail: "author is malformed at byte 10: a string was expected")
        ) {
            try reader.beginObject(field: nil)
            _ = try reader.nextKey()
            _ = try reader.string(field: "author")
        }
    }

    @Test("A string or value over its limit is too large, and leaves the output as it was")
    func tooLarge() throws {
        let string = ByteSlice(#""\u0041\u0041\u0041""#.utf8)
        var reader = JSONReader(string.pointer)
        #expect(try reader.string(field: "f", bytesMax: 3) == Array("AAA".utf8))
        reader = JSONReader(string.pointer)
        #expect(throws: InvalidField(field: "f", trouble: .tooLarge, detail: "f has 3 bytes; the limit is 2"))
        {
            try reader.string(field: "f", bytesMax: 2)
        }
        let value = ByteSlice("[1, 2, 3]".utf8)
        let out = ByteBuffer()
        out.append("before")
        reader = JSONReader(value.pointer)
        #expect(throws: InvalidField(field: "f", trouble: .tooLarge, detail: "f has 7 bytes; the limit is 6"))
        {
            try reader.canonicalValue(field: "f", into: out, bytesMax: 6)
        }
        #expect(out.text == "before")
    }

    @Test(
        "An integer is refused with a sign, a fraction, an exponent, a leading zero, or above its limit",
        arguments: [
            "-1", "+1", "1.0", "1e2", "1E2", "01", "00", "", "x", "101", "18446744073709551616", "\"1\"",
        ])
    func integers(text: String) {
        let bytes = ByteSlice(text.utf8)
        var reader = JSONReader(bytes.pointer)
        #expect(throws: InvalidField.self) { try reader.unsignedInteger(field: "n", max: 100) }
    }

    @Test(
        "An integer of more than 64 bits is refused and never wraps around",
        arguments: [
            "18446744073709551616", "18446744073709551619", "18446744073709551620", "100000000000000000001",
        ])
    func overflow(text: String) {
        let bytes = ByteSlice(text.utf8)
        var reader = JSONReader(bytes.pointer)
        #expect(throws: InvalidField.self) { try reader.unsignedInteger(field: nil, max: .max) }
    }

    @Test("An integer may be as large as its limit, even the largest of 64 bits")
    func largestIntegers() throws {
        for (text, max) in [("100", 100), ("18446744073709551615", UInt64.max), ("0", 0)]
            as [(String, UInt64)]
        {
            let bytes = ByteSlice(text.utf8)
            var reader = JSONReader(bytes.pointer)
            #expect(try reader.unsignedInteger(field: nil, max: max) == max)
        }
    }
}
