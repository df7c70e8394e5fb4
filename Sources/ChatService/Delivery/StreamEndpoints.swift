import EventLoop
import LogLine
import Operations
import Replication
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
        exchange.answering { [self] () throws(Problem) in
            let (query, start) = try begin(exchange)
            exchange.openWebSocket(
                protocols: [StreamEndpoints.subprotocol], allowedOrigins: allowedOrigins, in: hub.channels
            ) { [hub] socket in
                let session = SocketSession(socket, of: hub)
                session.start(query, start)
                return session
            }
        }
    }

    private func openEventStream(_ exchange: Exchange) {
        exchange.answering { [self] () throws(Problem) in
            let (query, start) = try begin(exchange)
            let filter = ChannelFilter(hasAllPublic: query.hasAllPublic, channels: query.channels)
            exchange.openEventStream(in: hub.channels) { [hub] stream in
                let session = EventStreamSession(stream, of: hub)
                session.start(filter, after: start.position, isReset: start.isReset)
                return session
            }
        }
    }

    /// What is asked for, and where it begins. `Last-Event-ID` goes before `after`: it is where a client that
    /// connects again really is.
    private func begin(_ exchange: Exchange) throws(Problem) -> (StreamQuery, StreamStart) {
        let query = try Problem.from { () throws(InvalidField) in
            var query = try StreamQuery(exchange.queryItems)
            if let last = exchange.head?.header("last-event-id"), !last.isEmpty {
                query.after = try StreamQuery.position(last, field: "Last-Event-ID")
            }
            return query
        }
        return (query, try hub.start(query))
    }
}
