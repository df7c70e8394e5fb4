import LogLine

/// The answer to a write: where its line stands.
/// `{"offset":42,"epoch":"…","time":"…","channel":"…","id":"…"}`, the id only when there is one.
public struct Receipt: Equatable, Sendable {
    public let position: Position
    public let time: Timestamp
    public let channel: Channel
    public let id: MessageID?
    /// How many pods have applied it, where that was asked for: `"confirmed_by"`, `"of"`, `"took_ms"`.
    public var confirmation: Confirmation?

    public init(position: Position, time: Timestamp, channel: Channel, id: MessageID?) {
        self.position = position
        self.time = time
        self.channel = channel
        self.id = id
    }

    /// Appends the receipt as one JSON object, without a newline.
    public func encode(into out: ByteBuffer) {
        encodeMembers(into: out)
        confirmation?.encodeMembers(into: out)
        out.append("}")
    }

    /// The opening brace and the members.
    func encodeMembers(into out: ByteBuffer) {
        out.append("{\"offset\":")
        out.append(decimal: position.offset.value)
        out.append(",\"epoch\":\"")
        out.append(hexadecimal: position.epoch.value)
        out.append("\",\"time\":\"")
        time.append(to: out)
        out.append("\",\"channel\":")
        out.appendJSONString(channel.bytes)
        guard let id else { return }
        out.append(",\"id\":")
        out.appendJSONString(id.bytes)
    }
}
