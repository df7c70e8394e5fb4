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
/// | `reply_to` | when a text answers another message | integer, 1 to 2^53; directly before `crc` |
/// | `data` | when another kind has it | any JSON |
/// | `redacted` | when the text was erased for good | 8 lowercase hexadecimal digits, see `LineSeal` |
/// | `crc` | always | 8 lowercase hexadecimal digits |
///
/// Valid if and only if: one JSON object in canonical form (no white space, strings as `JSONString` writes
/// them, no duplicate keys at any depth); the fields in this order, fields of other names anywhere between
/// `channel` and `crc`, but not behind `reply_to`; each value as its rule says; `crc` is the CRC-32C of the
/// bytes before `,"crc"`; at most `LineLimits.lineBytesMax` bytes with the newline. A redacted line has no
/// `message_text`, and the checksum in `redacted` is right instead of the crc.
public enum Line {
    /// Appends the canonical line with its newline to `out` and returns its crc. Costs one pass over the text
    /// and one for the crc; allocates nothing but what `out` grows by.
    ///
    /// Precondition: the draft's text or data is valid, `reply_to` goes with a text, no offset is zero.
    public static func encode(
        _ draft: Draft, offset: Offset, time: Timestamp, into out: ByteBuffer
    ) -> UInt32 {
        write(draft, offset: offset, time: time, into: out).crc
    }

    /// The same; returns what `scan` would find in the line.
    public static func write(
        _ draft: Draft, offset: Offset, time: Timestamp, into out: ByteBuffer
    ) -> LineScan {
        let start = out.count
        var channelEnd = 0
        var channelStart = 0
        out.reserve(LineLayout.fixedBytesMax + draft.namesBytes * JSONString.growthMax)
        out.write { writer in
            let line = writer.at
            writer.word("{\"offset\":")
            writer.decimal(offset.value)
            writer.word(",\"time\":\"")
            writer.time(time)
            writer.word(LineLayout.channel)
            channelStart = writer.at - line
            writer.closed(draft.channel.bytes)
            channelEnd = writer.at - line - 1
            draft.writeNames(to: &writer)
        }
        draft.appendContent(to: out)
        let end = out.count - start
        let crc = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: out.pointer[start...]))
        out.reserve(LineLayout.crcFieldBytes + 1)
        out.write { writer in
            writer.word(",\"crc\":\"")
            writer.crc(crc)
            writer.word("\"}\n")
        }
        return LineScan(
            offset: offset, time: time, channel: channelStart..<channelEnd, isMessage: draft.isMessage,
            isRedacted: false, crc: crc, rest: channelEnd + 1..<end)
    }
}

/// The fixed parts of a line.
enum LineLayout {
    static let offset: StaticString = "{\"offset\":"
    static let time: StaticString = ",\"time\":\""
    static let channel: StaticString = "\",\"channel\":\""
    static let crc: StaticString = ",\"crc\":\""
    static let author: StaticString = ",\"author\":\""
    static let id: StaticString = ",\"id\":\""
    static let text: StaticString = ",\"message_text\":\""
    static let replyTo: StaticString = ",\"reply_to\":"
    static let redacted: StaticString = ",\"redacted\":\""

    /// `,"crc":"xxxxxxxx"}`
    static let crcFieldBytes = 18
    /// `,"redacted":"xxxxxxxx"`
    static let redactedFieldBytes = 22
    /// Hexadecimal digits.
    static let checksumBytes = 8
    /// More than all fixed parts, the offset and the time take.
    static let fixedBytesMax = 256
}

extension Draft {
    var isMessage: Bool {
        switch body {
        case .text: true
        case .data: false
        }
    }

    /// Of all names, before escaping.
    var namesBytes: Int {
        var bytes = channel.bytes.count + (key?.bytes.count ?? 0)
        bytes += (author?.bytes.count ?? 0) + (id?.bytes.count ?? 0)
        if case .data(let kind, _) = body { bytes += kind.bytes.count }
        return bytes
    }

    /// The fields between `channel` and the content, each with its comma, in the line's order.
    @inline(__always)
    func writeNames(to writer: inout LineWriter) {
        if case .data(let kind, _) = body { writer.field(",\"kind\":\"", kind.bytes) }
        if let key { writer.field(",\"key\":\"", key.bytes) }
        if let author { writer.field(",\"author\":\"", author.bytes) }
        if let id { writer.field(",\"id\":\"", id.bytes) }
    }

    /// Appends the text or the data, with its comma.
    func appendContent(to out: ByteBuffer) {
        switch body {
        case .text(let text):
            out.append(",\"message_text\":")
            out.appendJSONString(text)
            guard let replyTo else { return }
            out.append(LineLayout.replyTo)
            out.append(decimal: replyTo.value)
        case .data(_, let json):
            out.append(",\"data\":")
            out.append(json)
        }
    }
}
