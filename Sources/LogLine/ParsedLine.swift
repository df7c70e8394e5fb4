/// A line that was checked in every respect.
public struct ParsedLine: Equatable, Sendable {
    public let offset: Offset
    public let time: Timestamp
    public let channel: Channel
    public internal(set) var kind: Kind?
    public internal(set) var key: Key?
    public internal(set) var author: Author?
    public internal(set) var id: MessageID?
    /// Unescaped.
    public internal(set) var text: [UInt8]?
    public internal(set) var replyTo: Offset?
    /// Where the JSON of `data` stands in the line.
    public internal(set) var data: Range<Int>?
    /// Whether fields of other names are there.
    public internal(set) var hasUnknownFields = false
    /// Whether its text was erased for good.
    public let isRedacted: Bool
    /// Of the line as it was written.
    public let crc: UInt32

    init(offset: Offset, time: Timestamp, channel: Channel, isRedacted: Bool, crc: UInt32) {
        self.offset = offset
        self.time = time
        self.channel = channel
        self.isRedacted = isRedacted
        self.crc = crc
    }

    public var isMessage: Bool { kind == nil }

    /// The draft that `Line.encode` makes this line of; nil when it holds what this version does not write,
    /// or not any more what was written.
    ///
    /// Precondition: `bytes` are those that were parsed.
    public func draft(in bytes: UnsafeRawBufferPointer) -> Draft? {
        guard !hasUnknownFields, !isRedacted, let body = body(in: bytes) else { return nil }
        return Draft(
            channel: channel, key: key, author: author, id: id, body: body, replyTo: replyTo)
    }

    private func body(in bytes: UnsafeRawBufferPointer) -> Draft.Body? {
        switch (kind, text, data) {
        case (nil, let text?, nil): .text(text)
        case (let kind?, nil, let data?): .data(kind: kind, json: Array(bytes[data]))
        default: nil
        }
    }
}
