import Testing

@testable import Web

@Suite("The Accept field")
struct AcceptFieldTests {
    @Test(
        "names a type that is wanted unless its weight is 0",
        arguments: [
            ("application/x-ndjson", true), ("APPLICATION/x-ndjson", true),
            ("text/html, application/x-ndjson;q=0.5", true), ("application/x-ndjson ; q=0.001", true),
            ("application/x-ndjson;q=1", true), ("application/x-ndjson;charset=utf-8", true),
            ("application/x-ndjson;q=0", false), ("application/x-ndjson; Q=0.0", false),
            ("application/x-ndjson;q=0.000,*/*", false), ("application/x-ndjson;charset=utf-8;q=0.", false),
            ("application/x-ndjson;q=0.0000", true), ("application/x-ndjson;q=0x", true),
            ("*/*", false), ("application/*", false), ("", false), (",;", false),
        ])
    func weight(value: String, isWanted: Bool) {
        #expect(AcceptField.wants("application/x-ndjson", value) == isWanted)
    }
}
