/// Texts from outside on their way into a line of the diagnostic log: whatever they hold, they stay one value
/// on one line and cannot steer a terminal.
enum DiagnosticText {
    /// Bare when it is made of printable ASCII without space, `"`, `\` and `=`, else in quotes.
    static func appendValue(_ text: some Collection<UInt8>, to out: inout [UInt8]) {
        let isBare = text.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C && $0 != 0x3D }
        if isBare, !text.isEmpty {
            out.append(contentsOf: text)
        } else {
            appendQuoted(text, to: &out)
        }
    }

    static func appendQuoted(_ text: some Collection<UInt8>, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        appendEscaped(text, to: &out)
        out.append(UInt8(ascii: "\""))
    }

    /// With `"` and `\` escaped by a backslash, control characters, separators of lines and marks of
    /// direction as `\u{…}`, and, where it is not UTF-8, every byte beyond ASCII as `\xNN`.
    static func appendEscaped(_ text: some Collection<UInt8>, to out: inout [UInt8]) {
        guard let valid = String(validating: text, as: UTF8.self) else {
            for byte in text { appendByte(byte, to: &out) }
            return
        }
        for scalar in valid.unicodeScalars {
            if scalar == "\"" || scalar == "\\" {
                out.append(UInt8(ascii: "\\"))
                out.append(UInt8(truncatingIfNeeded: scalar.value))
            } else if isUnsafe(scalar) {
                out.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".utf8)
            } else {
                out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }

    /// As the inside of a JSON string (RFC 8259); what `appendEscaped` escapes is escaped here as well.
    static func appendJSON(_ text: some Collection<UInt8>, to out: inout [UInt8]) {
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            if scalar == "\"" || scalar == "\\" {
                out.append(UInt8(ascii: "\\"))
                out.append(UInt8(truncatingIfNeeded: scalar.value))
            } else if isUnsafe(scalar) {
                for unit in String(scalar).utf16 { appendJSONEscape(unit, to: &out) }
            } else {
                out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }

    private static func appendJSONEscape(_ unit: UInt16, to out: inout [UInt8]) {
        let digits = String(unit, radix: 16)
        out.append(contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.utf8.count))\(digits)".utf8)
    }

    private static func appendByte(_ byte: UInt8, to out: inout [UInt8]) {
        if byte >= 0x20, byte < 0x7F, byte != 0x22, byte != 0x5C {
            out.append(byte)
        } else {
            let digits = String(byte, radix: 16)
            out.append(contentsOf: ("\\x" + (digits.utf8.count == 1 ? "0" : "") + digits).utf8)
        }
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate: return true
        default: return false
        }
    }
}
