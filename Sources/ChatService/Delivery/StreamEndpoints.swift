import EventLoop
import LogLine
import Operations
import Replication
import Views
import Web

/// `GET /ws` and `GET /events`: docs/openapi.yaml, docs/chat.md.
@LoopActor
final class StreamEndpoints {
    static let subprotocol = "chat-cluster.v1"

    private let hub: PushHub
    private let allowedOrigins: AllowedOrigins

    init(hub: PushHub, allowedOrigins: AllowedOrigins) {
        self.hub = hub
        self.allowedOrigins = allowedOrigins
    }

    var routes: [Route] {
        [
            Route(.get, "/ws", isStream: true, { [self] in openSocket($0) }),
            Route(.get, "/events", isStream: true, { [self] in openEventStream($0) }),
        ]
    }

    private func openSocket(_ exchange: Exchange) {
        hub.requests.answering(exchange) { [self] () throws(ChatAnswer) in
            let query = try query(exchange)
            // A page cannot send a header: its first command names its token.
            let actor = try actor(exchange, mayFollow: true)
            let expiry = hub.requests.identification.expiry(of: exchange.bearerToken)
            let filter = try actor.map { (actor) throws(ChatAnswer) in
                try ChatAnswer.from { () throws(ChatRefusal) in try hub.filter(query, for: actor) }
            }
            let start = try ChatAnswer.from(problem: { () throws(Problem) in try hub.start(query) })
            guard let handshake = handshake(exchange) else { return }
            if let refusal = exchange.admitStream() { return exchange.respond(refusal) }
            exchange.openWebSocket(handshake, in: hub.channels) { [hub] socket in
                let session = SocketSession(socket, of: hub, as: actor, until: expiry)
                session.start(query, filter, start)
                return session
            }
        }
    }

    private func openEventStream(_ exchange: Exchange) {
        hub.requests.answering(exchange) { [self] () throws(ChatAnswer) in
            let query = try query(exchange)
            guard let actor = try actor(exchange, mayFollow: false) else { return }
            let expiry = hub.requests.identification.expiry(of: exchange.bearerToken)
            let filter = try ChatAnswer.from { () throws(ChatRefusal) in try hub.filter(query, for: actor) }
            let start = try ChatAnswer.from(problem: { () throws(Problem) in try hub.start(query) })
            if let refusal = exchange.admitStream() { return exchange.respond(refusal) }
            exchange.openEventStream(in: hub.channels) { [hub] stream in
                let session = EventStreamSession(
                    stream, of: hub, as: actor, until: expiry, followsOwnRooms: query.hasOwnRooms)
                session.start(filter, after: start.position, isReset: start.isReset)
                return session
            }
        }
    }

    /// Nil: it was answered with what is wrong.
    private func handshake(_ exchange: Exchange) -> WebSocketHandshake? {
        guard let head = exchange.head else { return nil }
        do throws(WebSocketRefusal) {
            return try WebSocketHandshake(
                head, protocols: [StreamEndpoints.subprotocol], allowedOrigins: allowedOrigins)
        } catch {
            exchange.respond(error.response)
            return nil
        }
    }

    /// What is asked for. `Last-Event-ID` goes before `after`: it is where a client that connects again
    /// really is.
    private func query(_ exchange: Exchange) throws(ChatAnswer) -> StreamQuery {
        do throws(InvalidField) {
            var query = try StreamQuery(exchange.queryItems)
            if let last = exchange.head?.header("last-event-id"), !last.isEmpty {
                query.after = try StreamQuery.position(last, field: "Last-Event-ID")
            }
            return query
        } catch {
            throw .problem(Problem(error))
        }
    }

    /// - Parameter mayFollow: nobody, for now, where a token is wanted and none is shown.
    private func actor(_ exchange: Exchange, mayFollow: Bool) throws(ChatAnswer) -> ChatActor? {
        do throws(Problem) {
            return try hub.requests.actor(exchange)
        } catch {
            guard mayFollow, exchange.bearerToken == nil else { throw .problem(error) }
            return nil
        }
    }
}
