import TestSupport

@testable import LogLine

/// Random valid drafts and times.
struct Samples {
    var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func offset() -> Offset { Offset(1 + random.next() % LineLimits.offsetMax) }

    mutating func time() -> Timestamp {
        let span = Timestamp.latest.milliseconds - Timestamp.earliest.milliseconds
        return Timestamp(milliseconds: Timestamp.earliest.milliseconds + Int64(random.next() % UInt64(span)))
    }

    mutating func draft(textBytesMax: Int = 300) throws -> Draft {
        var draft = Draft(
            channel: try Channel(validating: name(bytesMax: LineLimits.channelBytesMax, without: "/")),
            key: random.chance(30) ? try Key(validating: name(bytesMax: LineLimits.keyBytesMax)) : nil,
            author: random.chance(70)
                ? try Author(validating: name(bytesMax: LineLimits.authorBytesMax)) : nil,
            id: random.chance(70) ? try MessageID(validating: token()) : nil,
            body: try body(textBytesMax: textBytesMax))
        if case .text = draft.body, random.chance(30) { draft.replyTo = offset() }
        return draft
    }

    private mutating func body(textBytesMax: Int) throws -> Draft.Body {
        if random.chance(70) { return .text(text(bytesMax: textBytesMax)) }
        return .data(kind: try Kind(validating: token()), json: json(depth: 4))
    }

    /// 1 to `bytesMax` bytes: ASCII, characters to be escaped, and characters of every length in UTF-8.
    mutating func text(bytesMax: Int) -> [UInt8] {
        var text: [UInt8] = []
        let wanted = 1 + random.below(bytesMax)
        while true {
            guard let bytes = UTF8.encode(scalar()) else { continue }
            guard text.count + bytes.count <= wanted else { break }
            text.append(contentsOf: bytes)
        }
        return text.isEmpty ? [UInt8(ascii: "x")] : text
    }

    private mutating func scalar() -> Unicode.Scalar {
        let bounds: [UInt32] = [0x20, 0x80, 0x80, 0x80, 0x800, 0x10000, 0x110000]
        let bound = bounds[random.below(bounds.count)]
        while true {
            if let scalar = Unicode.Scalar(UInt32(random.next() % UInt64(bound))) { return scalar }
        }
    }

    private mutating func name(bytesMax: Int, without excluded: Unicode.Scalar? = nil) -> [UInt8] {
        let scalars = String(decoding: text(bytesMax: bytesMax), as: UTF8.self).unicodeScalars
        let kept = scalars.filter { $0.properties.generalCategory != .control && $0 != excluded }
        return kept.isEmpty ? [UInt8(ascii: "n")] : Array(String(String.UnicodeScalarView(kept)).utf8)
    }

    private mutating func token() -> [UInt8] {
        let letters = Array("ABCxyz019._:-".utf8)
        return (0..<1 + random.below(LineLimits.idBytesMax)).map { _ in letters[random.below(letters.count)] }
    }

    /// Any canonical value.
    mutating func json(depth: Int) -> [UInt8] {
        let out = ByteBuffer()
        appendJSON(depth: depth, to: out)
        return out.array
    }

    private mutating func appendJSON(depth: Int, to out: ByteBuffer) {
        switch random.below(depth > 0 ? 6 : 4) {
        case 0: out.append(random.chance(50) ? "null" : "true")
        case 1: out.append(utf8: ["0", "-1", "1.5", "2e10", "-0.25E-7", "9007199254740993"][random.below(6)])
        case 2, 3: out.appendJSONString(text(bytesMax: 40))
        case 4:
            out.append("[")
            for index in 0..<random.below(5) {
                if index > 0 { out.append(",") }
                appendJSON(depth: depth - 1, to: out)
            }
            out.append("]")
        default:
            out.append("{")
            for index in 0..<random.below(5) {
                if index > 0 { out.append(",") }
                // The number keeps the keys apart.
                out.appendJSONString(text(bytesMax: 10) + Array("\(index)".utf8))
                out.append(":")
                appendJSON(depth: depth - 1, to: out)
            }
            out.append("}")
        }
    }
}

/// Encodes a draft as a line without its newline.
func encoded(_ draft: Draft, offset: Offset = Offset(1), time: Timestamp = Timestamp(milliseconds: 0))
    -> [UInt8]
{
    let out = ByteBuffer()
    _ = Line.encode(draft, offset: offset, time: time, into: out)
    return out.array.dropLast()
}

/// A line with any content before the crc field, and the crc that belongs to it.
func sealed(_ content: String) -> [UInt8] { sealed(Array(content.utf8)) }

func sealed(_ content: [UInt8]) -> [UInt8] {
    let crc = content.withUnsafeBytes { CRC32C.checksumByTable($0) }
    let digits = String(crc, radix: 16)
    let padded = String(repeating: "0", count: 8 - digits.count) + digits
    return content + Array(",\"crc\":\"\(padded)\"}".utf8)
}

func parse(_ line: [UInt8]) throws(LineError) -> ParsedLine {
    let bytes = ByteSlice(line)
    defer { withExtendedLifetime(bytes) {} }
    return try Line.parse(bytes.pointer)
}

func scan(_ line: [UInt8]) throws(LineError) -> LineScan {
    let bytes = ByteSlice(line)
    defer { withExtendedLifetime(bytes) {} }
    return try Line.scan(bytes.pointer)
}
