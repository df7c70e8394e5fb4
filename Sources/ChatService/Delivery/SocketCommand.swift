import LogLine
import Replication
import Views

/// What a client says on a WebSocket: one JSON object in a text frame.
///
/// | `type` | members |
/// |---|---|
/// | `send` | `channel`, `message_text`, `author`?, `id`?, `reply_to`?, `confirm`?, `timeout`? |
/// | `subscribe` | `channels`, `after`? |
/// | `unsubscribe` | `channels` |
/// | `auth` | `token` |
/// | `edit` | `channel`, `offset`, `message_text`, `author`?, `id`? |
/// | `delete` | `channel`, `offset`, `author`?, `id`? |
/// | `react` | `channel`, `offset`, `emoji`, `on`? (true unless said otherwise), `author`?, `id`? |
/// | `read` | `channel`, `offset`, `id`? |
/// | `typing` | `channel`, `author`? |
/// | `presence` | `state` |
/// | `ping` | |
enum SocketCommand {
    /// What is done to a message.
    enum Change {
        case edit(text: [UInt8])
        case delete
        case react(emoji: [UInt8], isOn: Bool)

        /// What is to be written; nil: it is so already.
        func draft(
            of target: MessageTarget, in chat: ChatState, by actor: ChatActor
        ) throws(ChatRefusal) -> Draft? {
            switch self {
            case .edit(let text): try chat.edit(target, text: text, by: actor)
            case .delete: try chat.deletion(target, by: actor)
            case .react(let emoji, let isOn): try chat.reaction(target, emoji: emoji, isOn: isOn, by: actor)
            }
        }
    }

    case auth(token: [UInt8])
    case send(Draft, WriteConfirmation)
    case change(Change, Channel, Offset, author: Author?, id: MessageID?)
    case read(Channel, Offset, id: MessageID?)
    case typing(Channel, author: Author?)
    case presence(Attendance)
    case subscribe(StreamQuery)
    case unsubscribe(StreamQuery)
    case ping

    /// Of the write.
    var id: MessageID? {
        switch self {
        case .send(let draft, _): draft.id
        case .change(_, _, _, author: _, let id), .read(_, _, let id): id
        case .auth, .typing, .presence, .subscribe, .unsubscribe, .ping: nil
        }
    }

    var isWrite: Bool {
        switch self {
        case .send, .change, .read: true
        case .auth, .typing, .presence, .subscribe, .unsubscribe, .ping: false
        }
    }

    /// Why a command was refused, with the id of its write where it could be read.
    struct Refusal: Error {
        let problem: Problem
        let id: MessageID?
    }

    static func decode(_ text: UnsafeRawBufferPointer) throws(Refusal) -> SocketCommand {
        var id: MessageID?
        do throws(Problem) {
            return try Problem.from { () throws(InvalidField) in
                var fields = try RequestFields(text)
                id = try fields.optionalString("id").map { (bytes) throws(InvalidField) in
                    try MessageID(validating: bytes)
                }
                let command = try decode(&fields, id: id)
                try fields.end()
                return command
            }
        } catch {
            throw Refusal(problem: error, id: id)
        }
    }

    private static func decode(
        _ fields: inout RequestFields, id: MessageID?
    ) throws(InvalidField) -> SocketCommand {
        let type = String(decoding: try fields.string("type", bytesMax: 64), as: UTF8.self)
        switch type {
        case "send": return .send(try draft(&fields, id: id), try confirmation(&fields))
        case "subscribe":
            return .subscribe(
                try StreamQuery(names: try names(&fields), after: try position(&fields, "after")))
        case "unsubscribe": return .unsubscribe(try StreamQuery(names: try names(&fields), after: nil))
        case "auth": return .auth(token: try fields.string("token", bytesMax: DeliveryLimits.tokenBytesMax))
        case "edit":
            return try change(&fields, id) { (fields) throws(InvalidField) in
                .edit(text: try fields.string("message_text", bytesMax: LineLimits.textBytesMax))
            }
        case "delete": return try change(&fields, id) { _ in .delete }
        case "react":
            return try change(&fields, id) { (fields) throws(InvalidField) in
                .react(emoji: try fields.string("emoji"), isOn: try fields.boolean("on", default: true))
            }
        case "read":
            return .read(
                try Channel(validating: try fields.string("channel")), try fields.offset("offset"), id: id)
        case "typing":
            return .typing(
                try Channel(validating: try fields.string("channel")), author: try author(&fields))
        case "presence": return .presence(try attendance(&fields))
        case "ping": return .ping
        default:
            throw InvalidField(field: "type", detail: "type is '\(type)'; there is no such command")
        }
    }

    private static func change(
        _ fields: inout RequestFields, _ id: MessageID?,
        _ read: (inout RequestFields) throws(InvalidField) -> Change
    ) throws(InvalidField) -> SocketCommand {
        let channel = try Channel(validating: try fields.string("channel"))
        let offset = try fields.offset("offset")
        let author = try author(&fields)
        return .change(try read(&fields), channel, offset, author: author, id: id)
    }

    private static func draft(_ fields: inout RequestFields, id: MessageID?) throws(InvalidField) -> Draft {
        let channel = try Channel(validating: try fields.string("channel"))
        let author = try author(&fields)
        let text = try fields.string("message_text", bytesMax: LineLimits.textBytesMax)
        var draft = try Draft.text(validating: text, channel: channel, author: author, id: id)
        draft.replyTo = try fields.optionalOffset("reply_to")
        return draft
    }

    private static func confirmation(
        _ fields: inout RequestFields
    ) throws(InvalidField) -> WriteConfirmation {
        let confirm = try fields.optionalString("confirm", bytesMax: 64)
        let timeout = try fields.optionalString("timeout", bytesMax: 64)
        do throws(Problem) {
            return try WriteConfirmation(
                confirm: confirm.map { String(decoding: $0, as: UTF8.self) },
                timeout: timeout.map { String(decoding: $0, as: UTF8.self) })
        } catch {
            throw InvalidField(field: error.field, detail: error.detail)
        }
    }

    private static func author(_ fields: inout RequestFields) throws(InvalidField) -> Author? {
        try fields.optionalString("author").map { (name) throws(InvalidField) in
            try Author(validating: name)
        }
    }

    private static func attendance(_ fields: inout RequestFields) throws(InvalidField) -> Attendance {
        let state = try fields.string("state", bytesMax: 64)
        if state.elementsEqual("online".utf8) { return .online }
        if state.elementsEqual("away".utf8) { return .away }
        throw InvalidField(field: "state", detail: "state takes online or away")
    }

    private static func names(_ fields: inout RequestFields) throws(InvalidField) -> [[UInt8]] {
        guard
            let names = try fields.optionalStrings(
                "channels", countMax: DeliveryLimits.channelsPerStreamMax)
        else { throw RequestFields.missing("channels") }
        return names
    }

    private static func position(
        _ fields: inout RequestFields, _ name: String
    ) throws(InvalidField) -> Position? {
        guard let text = try fields.optionalString(name, bytesMax: 64) else { return nil }
        guard let position = Position(String(decoding: text, as: UTF8.self)) else {
            throw InvalidField(field: name, detail: "\(name) takes EPOCH:OFFSET")
        }
        return position
    }
}
