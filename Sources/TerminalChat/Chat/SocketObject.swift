import LogLine

/// What the client says on the WebSocket: docs/chat.md lists it.
public enum SocketObject {
    public static func auth(token: String) -> [UInt8] { object("auth", ["token": .text(token)]) }
    public static let ping = object("ping", [:])

    public static func subscribe(_ channels: [String], after: Position?) -> [UInt8] {
        object(
            "subscribe",
            ["channels": .texts(channels), "after": after.map { .text($0.description) } ?? .none])
    }

    static func typing(_ channel: Channel, author: PersonName?) -> [UInt8] {
        object("typing", ["channel": .bytes(channel.bytes), "author": .optional(author?.bytes)])
    }

    static func read(_ channel: Channel, _ offset: Offset) -> [UInt8] {
        object("read", ["channel": .bytes(channel.bytes), "offset": .number(offset.value)])
    }

    /// A write, as often as it takes.
    static func write(_ write: OutgoingWrite, author: PersonName?) -> [UInt8] {
        let channel = Value.bytes(write.channel.bytes)
        let author = Value.optional(author?.bytes)
        let id = Value.text(write.id)
        switch write.content {
        case .message(let text, let replyTo):
            return object(
                "send",
                [
                    "channel": channel, "message_text": .text(text), "author": author, "id": id,
                    "reply_to": replyTo.map { .number($0.value) } ?? .none,
                ])
        case .edit(let offset, let text):
            return object(
                "edit",
                [
                    "channel": channel, "offset": .number(offset.value), "message_text": .text(text),
                    "author": author, "id": id,
                ])
        case .delete(let offset):
            return object(
                "delete",
                ["channel": channel, "offset": .number(offset.value), "author": author, "id": id])
        case .react(let offset, let emoji, let isOn):
            return object(
                "react",
                [
                    "channel": channel, "offset": .number(offset.value), "emoji": .text(emoji),
                    "on": .boolean(isOn), "author": author, "id": id,
                ])
        }
    }

    // MARK: JSON

    enum Value {
        case text(String)
        case texts([String])
        case bytes([UInt8])
        case number(UInt64)
        case boolean(Bool)
        /// The member is left out.
        case none

        static func optional(_ bytes: [UInt8]?) -> Value { bytes.map { .bytes($0) } ?? .none }
    }

    static func object(_ type: String, _ members: KeyValuePairs<String, Value>) -> [UInt8] {
        let out = ByteBuffer()
        out.append(utf8: "{\"type\":\"\(type)\"")
        for (name, value) in members {
            if case .none = value { continue }
            out.append(utf8: ",\"\(name)\":")
            append(value, to: out)
        }
        out.append("}")
        return out.array
    }

    private static func append(_ value: Value, to out: ByteBuffer) {
        switch value {
        case .text(let text): out.appendJSONString(Array(text.utf8))
        case .bytes(let bytes): out.appendJSONString(bytes)
        case .number(let number): out.append(decimal: number)
        case .boolean(let boolean): out.append(utf8: boolean ? "true" : "false")
        case .none: out.append("null")
        case .texts(let texts):
            out.append("[")
            for (place, text) in texts.enumerated() {
                if place > 0 { out.append(",") }
                out.appendJSONString(Array(text.utf8))
            }
            out.append("]")
        }
    }
}
