import LogLine
import Testing

@Suite("Integers in JSON")
struct JSONIntegerTests {
    private func integer(_ text: String, magnitudeMax: Int64 = 100) throws -> Int64 {
        try Array(text.utf8).withUnsafeBytes { json in
            var reader = JSONReader(json)
            let value = try reader.integer(field: "n", magnitudeMax: magnitudeMax)
            try reader.end()
            return value
        }
    }

    @Test("Integers of both signs are taken up to the magnitude's bound")
    func values() throws {
        for (text, value) in [("0", 0), ("-0", 0), (" 7", 7), ("-100", -100), ("100", 100)] {
            #expect(try integer(text) == Int64(value))
        }
        #expect(try integer("-9007199254740991", magnitudeMax: (1 << 53) - 1) == -9_007_199_254_740_991)
    }

    @Test(
        "Anything else is refused with its field",
        arguments: [
            "101", "-101", "--1", "- 1", "+1", "1.0", "1e1", "01", "-", "", #""1""#, "-9223372036854775809",
        ])
    func refused(text: String) {
        #expect { try integer(text) } throws: { ($0 as? InvalidField)?.field == "n" }
    }
}
