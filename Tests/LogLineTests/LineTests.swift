import TestSupport
import Testing

@testable import LogLine

@Suite("Lines")
struct LineTests {
    @Test("Any draft is read back from its line, strictly and fast")
    func roundTrip() throws {
        let seed: UInt64 = 0x5eed_0005
        var samples = Samples(seed: seed)
        for round in 0..<1_500 {
            let draft = try samples.draft()
            let (offset, time) = (samples.offset(), samples.time())
            let line = encoded(draft, offset: offset, time: time)
            let parsed = try parse(line)
            #expect(parsed.offset == offset && parsed.time == time, "seed \(seed), \(round)")
            #expect(line.withUnsafeBytes { parsed.draft(in: $0) } == draft, "seed \(seed), \(round)")
            try line.withUnsafeBytes { bytes in
                let scan = try Line.scan(bytes)
                #expect(scan.offset == offset && scan.time == time && scan.crc == parsed.crc)
                #expect(scan.isMessage == parsed.isMessage)
                #expect(scan.channelName(in: bytes) == draft.channel.bytes)
                expectFields(try Line.fields(of: bytes, scan), of: draft, in: bytes)
                expectAuthor(scan.authorPlace(in: bytes), of: draft, in: bytes)
                #expect(Line.replyTo(of: bytes, scan) == draft.replyTo, "seed \(seed), \(round)")
            }
        }
    }

    private func expectAuthor(
        _ place: LineScan.AuthorPlace, of draft: Draft, in bytes: UnsafeRawBufferPointer
    ) {
        guard case .text = draft.body else { return }
        switch place {
        case .elsewhere: #expect(draft.key != nil)
        case .none: #expect(draft.key == nil && draft.author == nil)
        case .at(let range):
            let part = Array(bytes[range])
            let isCut = part.last == UInt8(ascii: "\\")
            let author = draft.author?.bytes ?? []
            #expect(draft.key == nil && (isCut || Line.unescape(range, in: bytes) == author))
            #expect(!isCut || author.contains(UInt8(ascii: "\"")) || author.contains(UInt8(ascii: "\\")))
        }
    }

    private func expectFields(_ fields: LineFields, of draft: Draft, in bytes: UnsafeRawBufferPointer) {
        func text(_ range: Range<Int>?) -> [UInt8]? { range.map { Line.unescape($0, in: bytes) } }
        #expect(text(fields.key) == draft.key?.bytes)
        #expect(text(fields.author) == draft.author?.bytes)
        #expect(text(fields.id) == draft.id?.bytes)
        #expect(text(fields.replyTo) == draft.replyTo.map { Array(String($0.value).utf8) })
        switch draft.body {
        case .text(let expected):
            #expect(text(fields.text) == expected && fields.kind == nil && fields.data == nil)
        case .data(let kind, let json):
            #expect(text(fields.kind) == kind.bytes && fields.text == nil)
            #expect(fields.data.map { Array(bytes[$0]) } == json)
        }
    }

    @Test("The fields stand in their order, each only when there is one")
    func order() throws {
        let draft = Draft(
            channel: try Channel(validating: Array("$a\"b".utf8)),
            key: try Key(validating: Array("k\\1".utf8)),
            author: try Author(validating: Array("é".utf8)), id: try MessageID(validating: Array("i.1".utf8)),
            body: .data(kind: try Kind(validating: Array("room".utf8)), json: Array(#"{"a":[]}"#.utf8)))
        let line = String(decoding: encoded(draft), as: UTF8.self)
        let content = #"""
            {"offset":1,"time":"1970-01-01T00:00:00.000Z","channel":"$a\"b","kind":"room","key":"k\\1",\#
            "author":"é","id":"i.1","data":{"a":[]}
            """#
        #expect(line == String(decoding: sealed(content), as: UTF8.self))
    }

    @Test("A line is appended behind what is there, and its crc covers only the line")
    func appended() throws {
        var samples = Samples(seed: 0x5eed_0006)
        let (first, second) = (try samples.draft(), try samples.draft())
        let out = ByteBuffer()
        let time = Timestamp(milliseconds: 5)
        let crcs = [
            Line.encode(first, offset: Offset(1), time: time, into: out),
            Line.encode(second, offset: Offset(2), time: time, into: out),
        ]
        let expected = [
            encoded(first, offset: Offset(1), time: time), encoded(second, offset: Offset(2), time: time),
        ]
        #expect(out.array == expected.flatMap { $0 + [0x0A] })
        #expect(crcs == (try expected.map { try parse($0).crc }))
    }

    @Test("The largest draft of control characters stays within a line's limit and is read back")
    func largest() throws {
        let quotes = [UInt8](repeating: UInt8(ascii: "\""), count: 256)
        let draft = Draft(
            channel: try Channel(validating: Array(quotes[..<128])), key: try Key(validating: quotes),
            author: try Author(validating: Array(quotes[..<64])),
            id: try MessageID(validating: [UInt8](repeating: 0x61, count: 64)),
            body: .text([UInt8](repeating: 0x01, count: LineLimits.textBytesMax)))
        let line = encoded(draft, offset: Offset(LineLimits.offsetMax), time: .latest)
        #expect(line.count < LineLimits.lineBytesMax)
        let parsed = try parse(line)
        #expect(line.withUnsafeBytes { parsed.draft(in: $0) } == draft)
    }

    @Test("Any one byte changed is an error, for the strict and for the fast reader")
    func everyByte() throws {
        let line = Array(LineGoldenTests.example.utf8)
        var random = SplitMix64(seed: 0x5eed_0007)
        for index in line.indices {
            for change in [UInt8(0x01), 0x80, 0x20, UInt8(1 + random.below(255))] {
                var damaged = line
                damaged[index] ^= change
                #expect(throws: LineError.self, "byte \(index) by \(change)") { try parse(damaged) }
                #expect(throws: LineError.self, "byte \(index) by \(change)") { try scan(damaged) }
            }
        }
    }

    @Test("Every beginning and every end of a line is an error")
    func everyTruncation() throws {
        let line = Array(LineGoldenTests.example.utf8)
        for count in 0..<line.count {
            for part in [Array(line[..<count]), Array(line[(line.count - count)...])] {
                #expect(throws: LineError.self) { try parse(part) }
                #expect(throws: LineError.self) { try scan(part) }
            }
        }
        #expect(throws: LineError.self) { try parse(line + [0x0A]) }
        #expect(throws: LineError.self) { try scan(line + [0x20]) }
    }

    @Test("Every beginning is an error even when a right crc is put behind it")
    func everyForgedTruncation() throws {
        let draft = try draftWithEverything()
        let content = Array(encoded(draft).dropLast(LineLayout.crcFieldBytes))
        // Cut before an optional field, what is left can be a whole line.
        let whole = Set(content.indices.filter { (try? parse(sealed(Array(content[..<$0])))) != nil })
        let lastField = content.lastRange(of: Array(",\"data\"".utf8))?.lowerBound
        #expect(whole == Set([lastField].compactMap { $0 } + fieldStarts(in: content, from: "key")))
    }

    private func draftWithEverything() throws -> Draft {
        Draft(
            channel: try Channel(validating: Array("general".utf8)),
            key: try Key(validating: Array("k".utf8)),
            author: try Author(validating: Array("alice".utf8)),
            id: try MessageID(validating: Array("i1".utf8)),
            body: .data(kind: try Kind(validating: Array("kv".utf8)), json: Array(#"{"a":[1,2]}"#.utf8)))
    }

    private func fieldStarts(in content: [UInt8], from first: String) -> [Int] {
        [first, "author", "id"].compactMap { content.firstRange(of: Array(",\"\($0)\"".utf8))?.lowerBound }
    }
}

extension Array where Element == UInt8 {
    func firstRange(of part: [UInt8]) -> Range<Int>? { ranges(of: part).first }
    func lastRange(of part: [UInt8]) -> Range<Int>? { ranges(of: part).last }

    private func ranges(of part: [UInt8]) -> [Range<Int>] {
        (0...Swift.max(0, count - part.count)).filter { self[$0...].starts(with: part) }
            .map { $0..<$0 + part.count }
    }
}
