import Testing

@testable import LogLine

@Suite("Golden lines")
struct LineGoldenTests {
    static let example = """
        {"offset":42,"time":"2026-11-20T06:31:00.123Z","channel":"default-channel","author":"alice",\
        "id":"c7f3","message_text":"Hello everyone!","crc":"ddb77cbf"}
        """

    static func exampleDraft() throws -> Draft {
        Draft(
            channel: try Channel(validating: Array("default-channel".utf8)),
            author: try Author(validating: Array("alice".utf8)),
            id: try MessageID(validating: Array("c7f3".utf8)), body: .text(Array("Hello everyone!".utf8)))
    }

    @Test("The documented example is encoded to exactly its bytes")
    func encodesExample() throws {
        let time = try #require(Timestamp("2026-11-20T06:31:00.123Z"))
        let out = ByteBuffer()
        let crc = Line.encode(try Self.exampleDraft(), offset: Offset(42), time: time, into: out)
        #expect(out.text == Self.example + "\n")
        #expect(crc == 0xddb7_7cbf)
    }

    @Test("The documented example is read back to its fields, strictly and fast")
    func readsExample() throws {
        let bytes = ByteSlice(Self.example.utf8)
        let line = try Line.parse(bytes.pointer)
        #expect(line.offset == Offset(42))
        #expect(line.time.description == "2026-11-20T06:31:00.123Z")
        #expect(line.draft(in: bytes.pointer) == (try Self.exampleDraft()))
        let scan = try Line.scan(bytes.pointer)
        #expect(scan.offset == Offset(42) && scan.time == line.time && scan.crc == 0xddb7_7cbf)
        #expect(scan.isMessage)
        #expect(scan.channelName(in: bytes.pointer) == Array("default-channel".utf8))
        let fields = try Line.fields(of: bytes.pointer, scan)
        #expect(fields.text.map { Line.unescape($0, in: bytes.pointer) } == Array("Hello everyone!".utf8))
        #expect(fields.id.map { Line.unescape($0, in: bytes.pointer) } == Array("c7f3".utf8))
        #expect(fields.kind == nil && fields.key == nil && fields.data == nil)
    }
}
