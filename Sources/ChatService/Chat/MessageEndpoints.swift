import EventLoop
import LogLine
import Replication
import Views
import Web

/// What becomes of messages, who has read them, and whose turn it is: docs/openapi.yaml.
@LoopActor
final class MessageEndpoints {
    private let requests: ChatRequests

    init(requests: ChatRequests) { self.requests = requests }

    var routes: [Route] {
        let bytes = ServerLimits.bodyBytesMax
        return [
            Route(.get, "/messages/*/*", { [self] in show($0) }),
            Route(.patch, "/messages/*/*", bodyBytesMax: bytes, { [self] in edit($0) }),
            Route(.delete, "/messages/*/*", { [self] in delete($0) }),
            Route(.put, "/messages/*/*/reactions/*", { [self] in react($0, isOn: true) }),
            Route(.delete, "/messages/*/*/reactions/*", { [self] in react($0, isOn: false) }),
            Route(.put, "/reads/*", bodyBytesMax: bytes, { [self] in markRead($0) }),
            Route(.get, "/conversations", { [self] in conversations($0) }),
        ]
    }

    // MARK: Changing

    private func edit(_ exchange: Exchange) {
        answering(exchange) { [self] (actor) throws(ChatAnswer) in
            let text = try requests.fields(exchange) { (fields) throws(InvalidField) in
                try fields.string("message_text", bytesMax: LineLimits.textBytesMax)
            }
            try change(exchange, by: actor) { (chat, target) throws(ChatRefusal) in
                try chat.edit(target, text: text, by: actor)
            }
        }
    }

    private func delete(_ exchange: Exchange) {
        answering(exchange) { [self] (actor) throws(ChatAnswer) in
            try change(exchange, by: actor) { (chat, target) throws(ChatRefusal) in
                try chat.deletion(target, by: actor)
            }
        }
    }

    private func react(_ exchange: Exchange, isOn: Bool) {
        answering(exchange) { [self] (actor) throws(ChatAnswer) in
            let emoji = exchange.segments[4]
            try change(exchange, by: actor) { (chat, target) throws(ChatRefusal) in
                try chat.reaction(target, emoji: emoji, isOn: isOn, by: actor)
            }
        }
    }

    /// Looks the message up, then decides. A channel that is not there for `actor` is not looked into.
    private func change(
        _ exchange: Exchange, by actor: ChatActor,
        _ decision: @escaping @LoopActor (ChatState, MessageTarget) throws(ChatRefusal) -> Draft?
    ) throws(ChatAnswer) {
        try requests.refuseQuery(exchange)
        let (channel, offset) = try place(exchange)
        try ChatAnswer.from { () throws(ChatRefusal) in try requests.chat.reading(actor, channel) }
        try requests.admitWrite(exchange, as: actor)
        requests.message(offset, in: channel) { [requests] found in
            switch found {
            case .failure(let problem): exchange.respond(Response(problem))
            case .success(let message):
                requests.write(exchange) { (chat) throws(ChatRefusal) in try decision(chat, message.target) }
            }
        }
    }

    private func markRead(_ exchange: Exchange) {
        answering(exchange) { [self] (actor) throws(ChatAnswer) in
            let channel = try requests.channel(exchange)
            let offset = try requests.fields(exchange) { (fields) throws(InvalidField) in
                try fields.offset("offset")
            }
            try requests.admitWrite(exchange, as: actor)
            requests.write(exchange) { (chat) throws(ChatRefusal) in
                try chat.readMark(channel, offset, by: actor)
            }
        }
    }

    // MARK: Showing

    private func show(_ exchange: Exchange) {
        answering(exchange) { [self] (actor) throws(ChatAnswer) in
            let (channel, offset) = try place(exchange)
            try ChatAnswer.from { () throws(ChatRefusal) in try requests.chat.reading(actor, channel) }
            requests.message(offset, in: channel) { [requests] found in
                switch found {
                case .failure(let problem): exchange.respond(Response(problem))
                case .success(let message):
                    exchange.respond(
                        Response(200, type: MediaType.json) { out in
                            requests.chat.amendments.append(message.line.bytes.pointer, to: out)
                            out.append("\n")
                        })
                }
            }
        }
    }

    /// Newest first; the newest message of each where memory holds it.
    private func conversations(_ exchange: Exchange) {
        answering(exchange) { [self] (actor) throws(ChatAnswer) in
            let name = try ChatAnswer.from { () throws(ChatRefusal) in try requests.chat.name(of: actor) }
            let source = requests.replica.source
            let list = source.chat.conversations(of: name, source.index, limit: PodLimits.conversationsMax)
            let position = try ChatAnswer.from(problem: { () throws(Problem) in
                try requests.position()
            })
            exchange.respond(
                Response(
                    200, type: MediaType.json, fields: [("log-position", position.description)]
                ) { out in
                    out.append("[")
                    for (index, conversation) in list.enumerated() {
                        if index > 0 { out.append(",\n") }
                        ChatAnswers.encode(conversation, last: newest(conversation), into: out)
                    }
                    out.append("]\n")
                })
        }
    }

    private func newest(_ conversation: Conversation) -> ByteSlice? {
        guard let offset = conversation.last,
            // Not in memory any more: the list goes without.
            let line = try? requests.replica.source.history.slice(of: offset)
        else { return nil }
        let out = ByteBuffer()
        requests.chat.amendments.append(UnsafeRawBufferPointer(rebasing: line.pointer.dropLast()), to: out)
        return out.takeSlice()
    }

    // MARK: Private

    private func place(_ exchange: Exchange) throws(ChatAnswer) -> (Channel, Offset) {
        let text = String(decoding: exchange.segments[2], as: UTF8.self)
        guard let offset = Offset(decimal: text), offset > .zero else {
            throw .problem(
                Problem(.notFound, "'\(text.prefix(64))' is no message's offset", field: "offset"))
        }
        return (try requests.channel(exchange), offset)
    }

    private func answering(
        _ exchange: Exchange, _ body: @escaping @LoopActor (ChatActor) throws(ChatAnswer) -> Void
    ) {
        requests.answering(exchange) { [self] () throws(ChatAnswer) in
            let author = try ChatAnswer.from(problem: { () throws(Problem) in try exchange.queryAuthor() })
            let actor = try ChatAnswer.from(problem: { () throws(Problem) in
                try requests.actor(exchange, author: author)
            })
            try body(actor)
        }
    }
}

extension Exchange {
    /// `?author=`: the name of somebody without account who changes something.
    func queryAuthor() throws(Problem) -> Author? {
        guard let name = queryItems.first(where: { $0.name == "author" })?.value else { return nil }
        return try Problem.from { () throws(InvalidField) in try Author(validating: Array(name.utf8)) }
    }
}
