import LogLine

/// Erasing for good what a message says: which lines of the log hold it, and what is left of them. Pure;
/// takes every line of the log in the order of the offsets.
///
/// | line at the offset | lines that lose their text |
/// |---|---|
/// | a message | it and its edits |
/// | an edit | only it; the message says what it said before the edit |
/// | another kind | none: it is refused |
///
/// Nothing else of a line goes: offset, time, channel, author, id, what it answers and the crc stay.
public struct Redaction {
    public enum Finding: Equatable, Sendable {
        /// The log has no such line.
        case missing
        /// The line is of another kind, named here as it stands in the line, or says nothing.
        case unsuitable(kind: String)
        case message
        case edit
    }

    public let offset: Offset
    public private(set) var finding = Finding.missing
    /// The lines that lose something, in their order; none: all was erased before.
    public private(set) var erased: [Offset] = []

    private let key: [UInt8]

    public init(of offset: Offset) {
        self.offset = offset
        key = ChatVocabulary.messageKey(offset).bytes
    }

    /// What is to stand in the place of a line (given without its newline), with its newline; nil: it stays
    /// as it is. `.malformed`: the line is none that the log wrote.
    public mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ scan: LineScan
    ) throws(LineError) -> [UInt8]? {
        let remains: [UInt8]?
        if scan.offset == offset {
            remains = try begin(bytes, scan)
        } else if scan.offset > offset, finding == .message, !scan.isMessage {
            remains = try edit(ChatLine(bytes, scan))
        } else {
            return nil
        }
        if remains != nil { erased.append(scan.offset) }
        return remains
    }

    private mutating func begin(
        _ bytes: UnsafeRawBufferPointer, _ scan: LineScan
    ) throws(LineError) -> [UInt8]? {
        guard !scan.isMessage else {
            finding = .message
            return try Line.redacted(bytes, scan)
        }
        let line = try ChatLine(bytes, scan)
        let remains = try Self.withoutText(line)
        let isSuitable = line.kind == .edit && (remains != nil || scan.isRedacted)
        finding = isSuitable ? .edit : .unsuitable(kind: Self.kindName(line))
        return isSuitable ? remains : nil
    }

    /// Of an edit of the message, whether it makes sense as one or only names it.
    private func edit(_ line: ChatLine) throws(LineError) -> [UInt8]? {
        guard line.kind == .edit else { return nil }
        // An edit whose data cannot be read edits nothing; its key may still name the message.
        let target = (try? line.content())?.offset
        guard target == offset || line.key == key else { return nil }
        return try Self.withoutText(line)
    }

    /// Nil when the line is no edit with a text.
    private static func withoutText(_ line: ChatLine) throws(LineError) -> [UInt8]? {
        guard line.kind == .edit else { return nil }
        guard let data = line.fields.data else { return try Line.redacted(line.bytes, line.scan) }
        guard let rest = withoutText(line.raw(data)) else { return nil }
        return try Line.redacted(line.bytes, line.scan, data: rest)
    }

    /// The members of an object but `message_text`; nil when it has none, or is no object.
    private static func withoutText(_ json: UnsafeRawBufferPointer) -> [UInt8]? {
        do throws(InvalidField) {
            let out = ByteBuffer(capacity: json.count)
            var reader = JSONReader(json)
            var hasText = false
            try reader.beginObject(field: nil)
            while let name = try reader.nextKey() {
                let value = try reader.skipValue(field: nil)
                guard !name.elementsEqual("message_text".utf8) else {
                    hasText = true
                    continue
                }
                out.append(out.isEmpty ? "{" : ",")
                out.appendJSONString(name)
                out.append(":")
                out.append(UnsafeRawBufferPointer(rebasing: json[value]))
            }
            if out.isEmpty { out.append("{") }
            out.append("}")
            return hasText ? out.array : nil
        } catch {
            return nil
        }
    }

    private static func kindName(_ line: ChatLine) -> String {
        line.fields.kind.map { String(decoding: line.raw($0), as: UTF8.self) } ?? ""
    }
}
