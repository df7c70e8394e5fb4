/// The codec of lines, the one encoding of an entry. Source: docs/format.md.
///
/// | field | when | value |
/// |---|---|---|
/// | `offset` | always | integer, 1 to 2^53 |
/// | `time` | always | 24 bytes, see `Timestamp` |
/// | `channel` | always | see `Channel` |
/// | `kind` | not for a message | see `Kind` |
/// | `key` | when there is one | see `Key` |
/// | `author` | when there is one | see `Author` |
/// | `id` | when there is one | see `MessageID` |
/// | `message_text` | for a message; another kind may have it instead of `data` | 1–65,536 bytes |
/// | `data` | when another kind has it | any JSON |
/// | `crc` | always | 8 lowercase hexadecimal digits |
///
/// Valid if and only if: one JSON object in canonical form (no white space, strings as `JSONString` writes them, no
/// duplicate keys at any depth); the fields in this order, fields of other names anywhere between `channel` and `crc`;
/// each value as its rule says; `crc` is the CRC-32C of the bytes before `,"crc"`; at most
/// `LineLimits.lineBytesMax` bytes with the newline.
public enum Line {
    /// Appends the canonical line with its newline to `out` and returns its crc. Costs one pass over the text and
    /// one for the crc; allocates nothing but what `out` grows by.
    ///
    /// Precondition: the draft's text or data is valid, `offset` is not zero.
    public static func encode(
        _ draft: Draft, offset: Offset, time: Timestamp, into out: ByteBuffer
    ) -> UInt32 {
        let start = out.count
        out.reserve(LineLayout.namesBytesMax + draft.body.bytes)
        out.append(LineLayout.offset)
        out.append(decimal: offset.value)
        out.append(LineLayout.time)
        time.append(to: out)
        out.append(LineLayout.channel)
        appendString(draft.channel.bytes, to: out)
        draft.appendBody(to: out)
        let crc = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: out.pointer[start...]))
        out.append(LineLayout.crc)
        out.reserve(8)
        out.write { base in
            Hexadecimal.write8(crc, to: base)
            return 8
        }
        out.append("\"}\n")
        return crc
    }

    /// The content and the closing quote of a string whose opening quote is there.
    static func appendString(_ text: [UInt8], to out: ByteBuffer) {
        text.withUnsafeBytes { out.appendEscaped($0) }
        out.append(JSONBytes.quote)
    }
}

/// The fixed parts of a line.
enum LineLayout {
    static let offset: StaticString = "{\"offset\":"
    static let time: StaticString = ",\"time\":\""
    static let channel: StaticString = "\",\"channel\":\""
    static let crc: StaticString = ",\"crc\":\""

    /// `,"crc":"xxxxxxxx"}`
    static let crcFieldBytes = 18
    /// Room for everything but the text or data, as long as no name needs escapes.
    static let namesBytesMax =
        160 + LineLimits.channelBytesMax + LineLimits.kindBytesMax + LineLimits.keyBytesMax
        + LineLimits.authorBytesMax + LineLimits.idBytesMax
}

extension Draft {
    /// Appends the fields behind `channel`, each with its comma, in the line's order.
    func appendBody(to out: ByteBuffer) {
        if case .data(let kind, _) = body {
            out.append(",\"kind\":\"")
            Line.appendString(kind.bytes, to: out)
        }
        if let key {
            out.append(",\"key\":\"")
            Line.appendString(key.bytes, to: out)
        }
        if let author {
            out.append(",\"author\":\"")
            Line.appendString(author.bytes, to: out)
        }
        if let id {
            out.append(",\"id\":\"")
            Line.appendString(id.bytes, to: out)
        }
        switch body {
        case .text(let text):
            out.append(",\"message_text\":\"")
            Line.appendString(text, to: out)
        case .data(_, let json):
            out.append(",\"data\":")
            out.append(json)
        }
    }
}

extension Draft.Body {
    /// Of the text or the data, before escaping.
    var bytes: Int {
        switch self {
        case .text(let text): text.count
        case .data(_, let json): json.count
        }
    }
}
