extension Line {
    /// Reads a line (without its newline) from anywhere: checks the crc, the whole JSON syntax, the canonical
    /// form, the order of the fields and every field's rule. Fields of other names are allowed, with any
    /// canonical value; so is a kind with a text or with neither text nor data.
    public static func parse(_ bytes: UnsafeRawBufferPointer) throws(LineError) -> ParsedLine {
        let seal = try LineSeal(checking: bytes)
        var cursor = LineCursor(bytes, end: seal.end)
        let (offset, time) = try cursor.prefix()
        var parser = LineParser(
            UnsafeRawBufferPointer(rebasing: bytes[..<seal.end]), position: cursor.position,
            isRedacted: seal.isRedacted)
        let channel = try parser.channel()
        var line = ParsedLine(
            offset: offset, time: time, channel: channel, isRedacted: seal.isRedacted, crc: seal.crc)
        try parser.fields(into: &line)
        return line
    }
}

/// Reads the fields of a line strictly, from the content of `channel` to the end of `bytes`, where the crc
/// field (or `redacted`) begins.
struct LineParser {
    private let bytes: UnsafeRawBufferPointer
    private let isRedacted: Bool
    private var lexer: JSONLexer
    private var unknown: JSONKeys
    private var last: LineField?
    /// Behind the text's closing quote; -1: no text came yet.
    private var textEnd = -1

    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, position: Int, isRedacted: Bool) {
        self.bytes = bytes
        self.isRedacted = isRedacted
        lexer = JSONLexer(bytes, form: .canonical, position: position)
        unknown = JSONKeys(bytes)
    }

    @inline(__always)
    mutating func channel() throws(LineError) -> Channel {
        let start = lexer.position
        let span: JSONStringSpan
        do { span = try lexer.stringContent() } catch { throw LineError(error) }
        do { return try Channel(validating: lexer.text(of: span)) } catch { throw invalid(error, at: start) }
    }

    @inline(__always)
    mutating func fields(into line: inout ParsedLine) throws(LineError) {
        while lexer.position < bytes.count {
            guard lexer.take(",") else { throw malformed("',' was expected") }
            let name: JSONStringSpan
            do { name = try lexer.string() } catch { throw LineError(error) }
            guard lexer.take(":") else { throw malformed("':' was expected") }
            if let field = LineField(name: UnsafeRawBufferPointer(rebasing: bytes[name.content])) {
                try known(field, into: &line)
            } else {
                try unknown(name)
                line.hasUnknownFields = true
            }
        }
        try checkBody(of: line)
    }

    @inline(__always)
    private mutating func known(_ field: LineField, into line: inout ParsedLine) throws(LineError) {
        if let last, last.rawValue >= field.rawValue {
            throw malformed("a field is there twice or out of its order")
        }
        last = field
        switch field {
        case .data: line.data = try data()
        case .replyTo: line.replyTo = try replyTo()
        case .kind, .key, .author, .id: try text(field, into: &line)
        case .text:
            try text(field, into: &line)
            textEnd = lexer.position
        }
    }

    @inline(__always)
    private mutating func text(_ field: LineField, into line: inout ParsedLine) throws(LineError) {
        let start = lexer.position
        let span: JSONStringSpan
        do { span = try lexer.string() } catch { throw LineError(error) }
        let text = lexer.text(of: span)
        do {
            switch field {
            case .kind: line.kind = try Kind(validating: text)
            case .key: line.key = try Key(validating: text)
            case .author: line.author = try Author(validating: text)
            case .id: line.id = try MessageID(validating: text)
            case .text: line.text = try TextRule.checked(text)
            case .data, .replyTo: break
            }
        } catch {
            throw invalid(error, at: start)
        }
    }

    /// Stands behind the text, where that was not erased, and before nothing.
    private mutating func replyTo() throws(LineError) -> Offset {
        guard isRedacted || lexer.position - LineLayout.replyTo.utf8CodeUnitCount == textEnd else {
            throw malformed("reply_to stands directly behind message_text")
        }
        let start = lexer.position
        let value: UInt64
        do { value = try lexer.unsignedInteger(max: LineLimits.offsetMax) } catch { throw LineError(error) }
        guard lexer.position == bytes.count else { throw malformed("nothing stands behind reply_to but crc") }
        do { return try ReplyRule.checked(value) } catch { throw invalid(error, at: start) }
    }

    private mutating func data() throws(LineError) -> Range<Int> {
        let range = try value()
        guard range.count <= LineLimits.dataBytesMax else {
            throw LineError(
                .invalidField, byte: range.lowerBound,
                "data has \(range.count) bytes; the limit is \(LineLimits.dataBytesMax)")
        }
        return range
    }

    private mutating func unknown(_ name: JSONStringSpan) throws(LineError) {
        guard !LineField.isFixed(UnsafeRawBufferPointer(rebasing: bytes[name.content])),
            unknown.insert(name, from: 0)
        else { throw malformed("a field is there twice or out of its order") }
        _ = try value()
    }

    private mutating func value() throws(LineError) -> Range<Int> {
        var reader = JSONReader(bytes, form: .canonical, position: lexer.position)
        do {
            let range = try reader.skipValue()
            lexer.position = range.upperBound
            return range
        } catch {
            throw LineError(error)
        }
    }

    private func checkBody(of line: ParsedLine) throws(LineError) {
        guard !isRedacted else { return try checkRemains(of: line) }
        let isValid =
            line.isMessage ? line.text != nil && line.data == nil : line.text == nil || line.data == nil
        guard !isValid else { return }
        let detail =
            line.isMessage
            ? "a message has message_text and no data" : "an entry has message_text or data, not both"
        throw LineError(.malformed, byte: bytes.count, detail)
    }

    private func checkRemains(of line: ParsedLine) throws(LineError) {
        guard line.text == nil, !line.isMessage || line.data == nil else {
            throw LineError(.malformed, byte: bytes.count, "a redacted line has no message_text")
        }
    }

    @inline(never)
    private func malformed(_ detail: StaticString) -> LineError {
        LineError(.malformed, byte: lexer.position, "\(detail)")
    }

    @inline(never)
    private func invalid(_ error: InvalidField, at byte: Int) -> LineError {
        LineError(.invalidField, byte: byte, error.detail)
    }
}
