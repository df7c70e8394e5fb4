import Crypto
import EventLoop
import LogLine
import Replication
import Views
import Web

/// Rooms and direct conversations: docs/openapi.yaml.
@LoopActor
final class RoomEndpoints {
    private let requests: ChatRequests

    init(requests: ChatRequests) { self.requests = requests }

    var routes: [Route] {
        let bytes = ServerLimits.bodyBytesMax
        return [
            Route(.post, "/rooms", bodyBytesMax: bytes, { [self] in create($0) }),
            Route(.post, "/direct", bodyBytesMax: bytes, { [self] in openDirect($0) }),
            Route(.get, "/rooms/*", { [self] in show($0) }),
            Route(.patch, "/rooms/*", bodyBytesMax: bytes, { [self] in update($0) }),
            Route(.put, "/rooms/*/members/*", bodyBytesMax: bytes, { [self] in setMember($0) }),
            Route(.delete, "/rooms/*/members/*", { [self] in removeMember($0) }),
        ]
    }

    // MARK: Making

    private func create(_ exchange: Exchange) {
        answering(exchange) { [self] (actor) throws(ChatAnswer) in
            let wish = try requests.fields(exchange) { (fields) throws(InvalidField) in
                (
                    title: try fields.string("title"), topic: try fields.optionalString("topic"),
                    members: try fields.optionalStrings("members", countMax: ChatLimits.membersPerRoomMax)
                        ?? [],
                    channel: try fields.optionalString("channel").map { (name) throws(InvalidField) in
                        try Channel(validating: name)
                    }
                )
            }
            if let channel = wish.channel, !channel.isPublic {
                throw .problem(
                    Problem(
                        .malformed, "channel names a public channel; private ones are named here",
                        field: "channel"))
            }
            let channel = wish.channel ?? RoomEndpoints.newPrivateChannel()
            try requests.admitWrite(exchange, as: actor)
            write(exchange, channel, created: true) { [requests] (chat) throws(ChatRefusal) in
                try chat.roomCreation(
                    by: actor, channel: channel, title: wish.title, topic: wish.topic, members: wish.members,
                    hasMessages: requests.replica.source.index.lastMessage(in: channel.bytes) != nil)
            }
        }
    }

    private func openDirect(_ exchange: Exchange) {
        answering(exchange) { [self] (actor) throws(ChatAnswer) in
            let name = try requests.fields(exchange) { (fields) throws(InvalidField) in
                try AccountName.validated(try fields.string("name"))
            }
            let own = try ChatAnswer.from { () throws(ChatRefusal) in
                try requests.chat.account(of: actor)
            }
            let channel = RoomEndpoints.directChannel(own.name, name)
            try requests.admitWrite(exchange, as: actor)
            write(exchange, channel, created: true) { (chat) throws(ChatRefusal) in
                try chat.directConversation(by: actor, with: name, channel: channel)
            }
        }
    }

    /// `@room-` and 16 random hexadecimal digits: nobody can guess it.
    private static func newPrivateChannel() -> Channel {
        Channel(trusted: Array("@room-\(Epoch(SecureRandom.uint64()))".utf8))
    }

    private static func directChannel(_ one: [UInt8], _ other: [UInt8]) -> Channel {
        let hash = GenericHash.hash(DirectChannel.input(one, other))
        return Channel(trusted: Array("@\(HexadecimalBytes.text(hash.prefix(16)))".utf8))
    }

    // MARK: Changing

    private func update(_ exchange: Exchange) {
        answering(exchange) { [self] (actor) throws(ChatAnswer) in
            let channel = try requests.channel(exchange)
            let (title, topic) = try requests.fields(exchange) { (fields) throws(InvalidField) in
                let title = try fields.optionalString("title")
                let topic = try fields.optionalString("topic")
                guard title != nil || topic != nil else { throw RequestFields.missing("title or topic") }
                return (title, topic)
            }
            try requests.admitWrite(exchange, as: actor)
            write(exchange, channel) { (chat) throws(ChatRefusal) in
                try chat.roomUpdate(by: actor, channel, title: title, topic: topic)
            }
        }
    }

    private func setMember(_ exchange: Exchange) {
        answering(exchange) { [self] (actor) throws(ChatAnswer) in
            let channel = try requests.channel(exchange)
            let name = exchange.segments[3]
            let role = try requests.fields(exchange) { (fields) throws(InvalidField) in
                let text = try fields.optionalString("role") ?? Role.member.name
                guard let role = Role(text) else {
                    throw InvalidField(field: "role", detail: "role takes member, moderator or owner")
                }
                return role
            }
            try requests.admitWrite(exchange, as: actor)
            write(exchange, channel) { (chat) throws(ChatRefusal) in
                try chat.membership(by: actor, channel, name: name, role: role)
            }
        }
    }

    private func removeMember(_ exchange: Exchange) {
        answering(exchange) { [self] (actor) throws(ChatAnswer) in
            let channel = try requests.channel(exchange)
            let name = exchange.segments[3]
            try requests.refuseQuery(exchange)
            try requests.admitWrite(exchange, as: actor)
            requests.write(exchange) { (chat) throws(ChatRefusal) in
                try chat.removal(by: actor, channel, name: name)
            }
        }
    }

    // MARK: Showing

    private func show(_ exchange: Exchange) {
        answering(exchange) { [self] (actor) throws(ChatAnswer) in
            let channel = try requests.channel(exchange)
            try ChatAnswer.from { () throws(ChatRefusal) in try requests.chat.reading(actor, channel) }
            exchange.respond(response(channel, status: 200))
        }
    }

    private func response(_ channel: Channel, status: Int) -> Response {
        let chat = requests.chat
        guard let room = chat.rooms[channel.bytes] else {
            return Response(Problem(.notFound, "the channel is no room", field: "channel"))
        }
        return Response(status, type: MediaType.json) { out in
            ChatAnswers.encode(room, chat.members(of: room), into: out)
            out.append("\n")
        }
    }

    /// It is so, but this pod does not know it yet: the receipt, which names the channel.
    private static func response(notShown receipt: Receipt, status: Int) -> Response {
        Response(status, type: MediaType.json) { out in
            receipt.encode(into: out)
            out.append("\n")
        }
    }

    private func write(
        _ exchange: Exchange, _ channel: Channel, created: Bool = false, _ decision: @escaping Writes.Decision
    ) {
        requests.write(exchange, decision) { [self] receipt in
            let status = created && receipt != nil ? 201 : 200
            if let receipt, requests.replica.source.index.last < receipt.position.offset {
                return RoomEndpoints.response(notShown: receipt, status: status)
            }
            return response(channel, status: status)
        }
    }

    private func answering(
        _ exchange: Exchange, _ body: @escaping @LoopActor (ChatActor) throws(ChatAnswer) -> Void
    ) {
        requests.answering(exchange) { [self] () throws(ChatAnswer) in
            let actor = try ChatAnswer.from(problem: { () throws(Problem) in try requests.actor(exchange) })
            try body(actor)
        }
    }
}
