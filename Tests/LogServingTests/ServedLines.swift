import EventLoop
import LogLine
import LogServing
import LoopTestSupport
import Operations
import Replication
import Testing
import Web

/// A server of `/log`, `/log/tail` and `/messages…` over lines in memory.
@LoopActor
final class ServedLines {
    let source = LinesInMemory()
    let tails: LineTails
    private let server: HTTPServer

    /// Connections outlive their test; so do their servers.
    private static var all = [ServedLines]()

    init(
        _ heartbeats: (LinesInMemory) -> LineTails.Heartbeats = { source in
            .own { Heartbeat(source.identity) }
        }
    ) throws {
        let source = source
        let tails = LineTails(heartbeats(source))
        let reads = LogReads(source: source, tails: tails)
        self.tails = tails
        @LoopActor func answerLines(_ exchange: Exchange, isTail: Bool) {
            exchange.answering { () throws(Problem) in
                try reads.lines(exchange, LogQuery(exchange.queryItems), isTail: isTail)
            }
        }
        let routes = [
            Route(.get, "/log") { answerLines($0, isTail: false) },
            Route(.get, "/log/tail") { answerLines($0, isTail: true) },
            Route(.get, "/messages") { exchange in
                exchange.answering { () throws(Problem) in try reads.messages(exchange, channel: nil) }
            },
            Route(.get, "/messages/*") { exchange in
                exchange.answering { () throws(Problem) in
                    let channel = try LogReads.publicChannel(exchange.segments[1])
                    try reads.messages(exchange, channel: channel)
                }
            },
        ]
        guard let origins = AllowedOrigins("") else { preconditionFailure("no origins are a valid list") }
        server = try HTTPServer(
            host: "127.0.0.1", port: 0,
            handler: Service(
                routes, options: Service.Options(prefixes: [], allowedOrigins: origins), metrics: Metrics()))
        ServedLines.all.append(self)
    }

    func connect(receiveBytes: Int32? = nil) throws -> HTTPPeer {
        let port = try #require(server.address?.port)
        return HTTPPeer(try RawSocket.connect(port: port, receiveBytes: receiveBytes))
    }

    func answer(_ path: String, _ fields: String = "") async throws -> Answer {
        let peer = try connect()
        await peer.get(path, fields)
        return try await peer.answer()
    }

    /// Adds lines and tells the tails.
    func publish(_ count: Int, _ text: String = "Hello everyone!") throws {
        tails.publish(try source.add(count, text))
    }
}

extension Answer {
    func problem() throws -> Problem { try body.withUnsafeBytes { try Problem.decode($0) } }
}
