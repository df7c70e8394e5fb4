import TestSupport
import Testing

@testable import LogLine

@Suite("A redacted line")
struct LineRedactionTests {
    private static let golden = """
        {"offset":42,"time":"2026-11-20T06:31:00.123Z","channel":"default-channel","author":"alice",\
        "id":"c7f3","redacted":"38bcbcbf","crc":"ddb77cbf"}
        """

    /// Without the newline.
    private func redacted(_ line: [UInt8], data: String? = nil) throws -> [UInt8]? {
        try line.withUnsafeBytes { bytes in
            try Line.redacted(bytes, try Line.scan(bytes), data: data.map { Array($0.utf8) })
                .map { Array($0.dropLast()) }
        }
    }

    @Test("keeps all but the text, with a checksum of its own before the crc that it had")
    func golden() throws {
        let line = try #require(try redacted(Array(LineGoldenTests.example.utf8)))
        #expect(String(decoding: line, as: UTF8.self) == Self.golden)
    }

    @Test("is read by both readers, with the crc that the digest's chain has")
    func read() throws {
        let line = Array(Self.golden.utf8)
        let scanned = try scan(line)
        let parsed = try parse(line)
        #expect(scanned.isRedacted && scanned.isMessage && scanned.offset == Offset(42))
        #expect(scanned.crc == 0xddb7_7cbf)
        #expect(parsed.isRedacted && parsed.isMessage && parsed.text == nil && parsed.crc == 0xddb7_7cbf)
        #expect(parsed.id?.bytes == Array("c7f3".utf8) && parsed.author?.bytes == Array("alice".utf8))
        line.withUnsafeBytes { #expect(parsed.draft(in: $0) == nil) }
        (line + [0x0A]).withUnsafeBytes { #expect(LineEnd.crc(of: $0) == 0xddb7_7cbf) }
        #expect(try !scan(Array(LineGoldenTests.example.utf8)).isRedacted)
    }

    @Test("is refused with any bit of it flipped, the crc's among them")
    func damaged() {
        let line = Array(Self.golden.utf8)
        for index in line.indices {
            for bit in 0..<8 {
                var damaged = line
                damaged[index] ^= 1 << UInt8(bit)
                #expect(throws: LineError.self, "byte \(index), bit \(bit)") { _ = try scan(damaged) }
            }
        }
    }

    @Test("still says what it answers, and does not say anything twice")
    func reply() throws {
        var draft = try LineGoldenTests.exampleDraft()
        draft.replyTo = Offset(7)
        let line = try #require(try redacted(encoded(draft, offset: Offset(9))))
        #expect(try parse(line).replyTo == Offset(7))
        let scanned = try scan(line)
        line.withUnsafeBytes { #expect(Line.replyTo(of: $0, scanned) == Offset(7)) }
        #expect(try redacted(line) == nil, "there is nothing left to erase")
    }

    @Test("of another kind has the data that it is given, and without such stays as it is")
    func data() throws {
        let draft = Draft(
            channel: Channel(trusted: Array("tea".utf8)),
            body: .data(kind: Kind(trusted: "edit"), json: Array(#"{"offset":3,"message_text":"x"}"#.utf8)))
        let line = encoded(draft, offset: Offset(4))
        let left = try #require(try redacted(line, data: #"{"offset":3}"#))
        #expect(
            String(decoding: left, as: UTF8.self).contains(#""kind":"edit","data":{"offset":3},"redacted":""#)
        )
        let parsed = try parse(left)
        #expect(try parsed.crc == parse(line).crc && parsed.isRedacted && parsed.kind != nil)
        left.withUnsafeBytes { #expect(parsed.draft(in: $0) == nil) }
        #expect(try redacted(line) == nil)
    }

    @Test("keeps offset, time, channel and crc, whatever the line said")
    func anyLine() throws {
        let seed: UInt64 = 0x5EDAC7
        var samples = Samples(seed: seed)
        for number in 0..<2000 {
            let draft = try samples.draft()
            guard case .text = draft.body else { continue }
            let line = encoded(draft, offset: samples.offset(), time: samples.time())
            let before = try parse(line)
            let after = try parse(try #require(try redacted(line)))
            #expect(
                after.offset == before.offset && after.time == before.time && after.crc == before.crc
                    && after.channel == before.channel && after.author == before.author
                    && after.id == before.id && after.key == before.key && after.replyTo == before.replyTo
                    && after.text == nil, "seed \(seed), line \(number)")
        }
    }

    @Test("is not what a text looks like that ends like one")
    func lookalike() throws {
        for text in [#","redacted":"38bcbcbf"#, #"\","redacted":"38bcbcbf"#] {
            var draft = try LineGoldenTests.exampleDraft()
            draft.body = .text(Array(text.utf8))
            let line = encoded(draft)
            #expect(try !scan(line).isRedacted)
            #expect(try parse(line).text == Array(text.utf8))
        }
    }

    @Test("is refused when it has a text all the same, or redacted stands elsewhere")
    func refused() throws {
        let fields = #"{"offset":1,"time":"2026-11-20T06:31:00.123Z","channel":"c""#
        for rest in [#","message_text":"x""#, #","data":{}"#, #","redacted":"00000000""#] {
            let error = #expect(throws: LineError.self) { _ = try parse(resealed(fields + rest)) }
            #expect(error?.code == .malformed, "\(rest)")
        }
        let plain = #expect(throws: LineError.self) {
            _ = try parse(sealed(fields + #","redacted":true,"message_text":"x""#))
        }
        #expect(plain?.code == .malformed)
        #expect(try parse(resealed(fields + #","later":[1]"#)).hasUnknownFields)
    }

    /// A line with any content before `redacted`, and the checksum that belongs to it.
    private func resealed(_ content: String) -> [UInt8] {
        let crc = "01234567"
        var checksum = String(CRC32C.checksumOf(content + crc), radix: 16)
        checksum = String(repeating: "0", count: 8 - checksum.count) + checksum
        return Array("\(content),\"redacted\":\"\(checksum)\",\"crc\":\"\(crc)\"}".utf8)
    }
}

extension CRC32C {
    fileprivate static func checksumOf(_ text: String) -> UInt32 {
        Array(text.utf8).withUnsafeBytes { checksumByTable($0) }
    }
}
