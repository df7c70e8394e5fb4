import Glibc

/// The two forms of a line of the diagnostic log, with its newline.
enum DiagnosticLine {
    struct Header {
        let time: timespec
        let level: DiagnosticLog.Level
        let service: String
    }

    static func appendText(
        _ header: Header, _ message: String, _ fields: DiagnosticFields, to out: inout [UInt8]
    ) {
        appendTime(header.time, to: &out)
        let level = header.level == .warning ? "warn" : header.level.rawValue
        let padded = level + String(repeating: " ", count: 5 - level.utf8.count)
        out.append(contentsOf: " \(padded) \(header.service): ".utf8)
        DiagnosticText.appendEscaped(Array(message.utf8), to: &out)
        for (name, value) in fields {
            out.append(UInt8(ascii: " "))
            append(name, to: &out)
            out.append(UInt8(ascii: "="))
            switch value {
            case .text(let text): appendCut(text.utf8, to: &out, DiagnosticText.appendValue)
            case .bytes(let bytes): appendCut(bytes, to: &out, DiagnosticText.appendValue)
            case .integer(let number): out.append(contentsOf: String(number).utf8)
            case .boolean(let flag): out.append(contentsOf: String(flag).utf8)
            }
        }
        out.append(UInt8(ascii: "\n"))
    }

    static func appendJSON(
        _ header: Header, _ message: String, _ fields: DiagnosticFields, to out: inout [UInt8]
    ) {
        out.append(contentsOf: #"{"time":""#.utf8)
        appendTime(header.time, to: &out)
        out.append(contentsOf: #"","level":"\#(header.level.rawValue)""#.utf8)
        out.append(contentsOf: #","service":"\#(header.service)","message":"#.utf8)
        appendString(message.utf8, to: &out)
        for (name, value) in fields {
            out.append(contentsOf: #",""#.utf8)
            append(name, to: &out)
            out.append(contentsOf: #"":"#.utf8)
            switch value {
            case .text(let text): appendCut(text.utf8, to: &out, appendString)
            case .bytes(let bytes): appendCut(bytes, to: &out, appendString)
            case .integer(let number): out.append(contentsOf: String(number).utf8)
            case .boolean(let flag): out.append(contentsOf: String(flag).utf8)
            }
        }
        out.append(contentsOf: "}\n".utf8)
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

    private static func append(_ name: StaticString, to out: inout [UInt8]) {
        name.withUTF8Buffer { out.append(contentsOf: $0) }
    }

    private static func appendString(_ text: some Collection<UInt8>, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        DiagnosticText.appendJSON(text, to: &out)
        out.append(UInt8(ascii: "\""))
    }

    /// Cut at a character's end where it is longer than allowed.
    private static func appendCut(
        _ text: some Collection<UInt8>, to out: inout [UInt8], _ append: ([UInt8], inout [UInt8]) -> Void
    ) {
        guard text.count > DiagnosticLog.valueBytesMax else { return append(Array(text), &out) }
        var cut = Array(text.prefix(DiagnosticLog.valueBytesMax))
        if let start = cut.lastIndex(where: { $0 & 0xC0 != 0x80 }), cut[start] >= 0xC0, cut.count - start < 4
        {
            cut.removeSubrange(start...)
        }
        append(cut + Array("…".utf8), &out)
    }
}
