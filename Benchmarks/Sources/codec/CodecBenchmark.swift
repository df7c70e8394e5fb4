import LogLine
import Measuring

/// What the line codec costs per message line of 200 bytes, and per byte of long texts.
///
///     swift run -c release --package-path Benchmarks codec [PART OF A NAME]
enum CodecBenchmark {
    static func run() {
        do {
            let message = try Sample(
                text: "Good morning everyone, the build is green again and lunch is ready")
            try measureLines(message)
            try measureTexts()
            measureChecksums()
        } catch {
            print("the benchmark's own input was refused: \(error)")
        }
    }

    private static func measureLines(_ sample: Sample) throws {
        let out = ByteBuffer(capacity: 1 << 20)
        report("encode, \(sample.line.count + 1) bytes") {
            out.truncate(to: 0)
            return Line.encode(sample.draft, offset: sample.offset, time: sample.time, into: out)
        }
        let bytes = sample.line.pointer
        report("scan") { (try? Line.scan(bytes))?.crc ?? 0 }
        report("scan and fields") {
            let fields = (try? Line.scan(bytes)).flatMap { try? Line.fields(of: bytes, $0) }
            return UInt32(truncatingIfNeeded: fields?.text?.count ?? 0)
        }
        report("parse") { (try? Line.parse(bytes))?.crc ?? 0 }
        let draft = sample.draftLine.pointer
        report("draft encode") {
            out.truncate(to: 0)
            sample.draft.encode(into: out)
            return UInt32(truncatingIfNeeded: out.count)
        }
        report("draft decode (append)") { (try? Draft.decode(append: draft)) == nil ? 0 : 1 }
        let body = sample.body.pointer
        let channel = sample.draft.channel
        report("draft decode (message)") {
            (try? Draft.decode(message: body, channel: channel)) == nil ? 0 : 1
        }
    }

    private static func measureTexts() throws {
        let out = ByteBuffer(capacity: 1 << 20)
        for (name, unit) in [
            ("ASCII", "plain words "), ("Unicode", "Grüße, 世界 🎉 "), ("escapes", "a\n\"b\"\t"),
        ] {
            let sample = try Sample(text: String(repeating: unit, count: 60_000 / unit.utf8.count))
            let bytes = sample.line.pointer
            report("encode 60 KB of \(name)") {
                out.truncate(to: 0)
                return Line.encode(sample.draft, offset: sample.offset, time: sample.time, into: out)
            }
            report("scan 60 KB of \(name)") { (try? Line.scan(bytes))?.crc ?? 0 }
            report("parse 60 KB of \(name)") { (try? Line.parse(bytes))?.crc ?? 0 }
        }
    }

    private static func measureChecksums() {
        let bytes = ByteSlice(repeatElement(UInt8(0xA5), count: 65_536))
        report("CRC-32C of 64 KiB") { CRC32C.checksum(bytes.pointer) }
        report("CRC-32C of 64 KiB by table") { CRC32C.checksumByTable(bytes.pointer) }
    }
}

/// One message, in all its forms.
struct Sample {
    let draft: Draft
    let offset = Offset(123_456)
    let time = Timestamp(milliseconds: 1_795_156_260_123)
    let line: ByteSlice
    let draftLine: ByteSlice
    let body: ByteSlice

    init(text: String) throws(InvalidField) {
        draft = Draft(
            channel: try Channel(validating: Array("default-channel".utf8)),
            author: try Author(validating: Array("alice".utf8)),
            id: try MessageID(validating: Array("c7f3a0e1".utf8)), body: .text(Array(text.utf8)))
        let out = ByteBuffer()
        _ = Line.encode(draft, offset: offset, time: time, into: out)
        out.truncate(to: out.count - 1)
        line = out.takeSlice()
        draft.encode(into: out)
        out.truncate(to: out.count - 1)
        draftLine = out.takeSlice()
        out.append("{\"message_text\":")
        out.appendJSONString(Array(text.utf8))
        out.append(",\"author\":\"alice\",\"id\":\"c7f3a0e1\"}")
        body = out.takeSlice()
    }
}
