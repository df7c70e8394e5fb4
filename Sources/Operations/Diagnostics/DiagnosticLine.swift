import Glibc

/// The two forms of a line of the diagnostic log, with its newline.
enum DiagnosticLine {
    struct Header {
        let time: timespec
        let level: DiagnosticLog.Level
        let service: String
    }

    /// A field that would make the line too long is left out, and `cut=true` says so.
    static func append(
        _ format: DiagnosticLog.Format, _ header: Header, _ message: String, _ fields: DiagnosticFields,
        to out: inout [UInt8]
    ) {
        switch format {
        case .text: appendTextStart(header, message, to: &out)
        case .json: appendJSONStart(header, message, to: &out)
        }
        var isCut = false
        for (name, value) in fields {
            let start = out.count
            append(format, name, value, to: &out)
            if out.count > DiagnosticLog.lineBytesMax - endBytesMax {
                out.removeSubrange(start...)
                isCut = true
            }
        }
        if isCut { append(format, "cut", true, to: &out) }
        out.append(contentsOf: format == .json ? "}\n".utf8 : "\n".utf8)
    }

    /// `,"cut":true}` and the newline.
    private static let endBytesMax = 14

    private static func appendTextStart(_ header: Header, _ message: String, to out: inout [UInt8]) {
        appendTime(header.time, to: &out)
        let level = header.level == .warning ? "warn" : header.level.rawValue
        let padded = level + String(repeating: " ", count: 5 - level.utf8.count)
        out.append(contentsOf: " \(padded) \(header.service): ".utf8)
        appendCut(message.utf8, DiagnosticLog.messageBytesMax, to: &out, DiagnosticText.appendEscaped)
    }

    private static func appendJSONStart(_ header: Header, _ message: String, to out: inout [UInt8]) {
        out.append(contentsOf: #"{"time":""#.utf8)
        appendTime(header.time, to: &out)
        out.append(contentsOf: #"","level":"\#(header.level.rawValue)""#.utf8)
        out.append(contentsOf: #","service":"\#(header.service)","message":"#.utf8)
        appendCut(message.utf8, DiagnosticLog.messageBytesMax, to: &out, appendString)
    }

    private static func append(
        _ format: DiagnosticLog.Format, _ name: StaticString, _ value: DiagnosticValue, to out: inout [UInt8]
    ) {
        let (before, between) = format == .json ? (#",""#, #"":"#) : (" ", "=")
        out.append(contentsOf: before.utf8)
        name.withUTF8Buffer { out.append(contentsOf: $0) }
        out.append(contentsOf: between.utf8)
        let appendBytes = format == .json ? appendString : DiagnosticText.appendValue
        switch value {
        case .text(let text): appendCut(text.utf8, DiagnosticLog.valueBytesMax, to: &out, appendBytes)
        case .bytes(let bytes): appendCut(bytes, DiagnosticLog.valueBytesMax, to: &out, appendBytes)
        case .integer(let number): out.append(contentsOf: String(number).utf8)
        case .boolean(let flag): out.append(contentsOf: String(flag).utf8)
        }
    }

    /// RFC 3339 in UTC with milliseconds: 24 bytes.
    static func appendTime(_ time: timespec, to out: inout [UInt8]) {
        var seconds = time.tv_sec
        var parts = tm()
        gmtime_r(&seconds, &parts)
        appendPadded(Int(parts.tm_year) + 1900, digits: 4, to: &out)
        let rest: [(separator: UInt8, value: Int, digits: Int)] = [
            (UInt8(ascii: "-"), Int(parts.tm_mon) + 1, 2), (UInt8(ascii: "-"), Int(parts.tm_mday), 2),
            (UInt8(ascii: "T"), Int(parts.tm_hour), 2), (UInt8(ascii: ":"), Int(parts.tm_min), 2),
            (UInt8(ascii: ":"), Int(parts.tm_sec), 2), (UInt8(ascii: "."), time.tv_nsec / 1_000_000, 3),
        ]
        for part in rest {
            out.append(part.separator)
            appendPadded(part.value, digits: part.digits, to: &out)
        }
        out.append(UInt8(ascii: "Z"))
    }

    private static func appendPadded(_ value: Int, digits: Int, to out: inout [UInt8]) {
        let text = String(value)
        out.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, digits - text.utf8.count)))
        out.append(contentsOf: text.utf8)
    }

    private static func appendString(_ text: [UInt8], to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        DiagnosticText.appendJSON(text, to: &out)
        out.append(UInt8(ascii: "\""))
    }

    /// Cut at a character's end where it is longer than allowed.
    private static func appendCut(
        _ text: some Collection<UInt8>, _ bytesMax: Int, to out: inout [UInt8],
        _ append: ([UInt8], inout [UInt8]) -> Void
    ) {
        guard text.count > bytesMax else { return append(Array(text), &out) }
        var cut = Array(text.prefix(bytesMax))
        if let start = cut.lastIndex(where: { $0 & 0xC0 != 0x80 }), cut[start] >= 0xC0, cut.count - start < 4
        {
            cut.removeSubrange(start...)
        }
        append(cut + Array("…".utf8), &out)
    }
}
