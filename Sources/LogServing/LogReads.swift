import EventLoop
import LogLine
import Replication
import Views
import Web

/// The reading half of the contract, the same on the log and on every pod: `GET /messages…`, `/log`,
/// `/log/tail`.
@LoopActor
public final class LogReads {
    public let source: any LineSource
    public let tails: LineTails

    public init(source: any LineSource, tails: LineTails) {
        self.source = source
        self.tails = tails
    }

    // MARK: Messages

    /// - Parameters:
    ///   - channel: nil for all public ones.
    ///   - fields: header fields of the answer besides its own.
    ///   - elsewhere: answers instead when the source does not reach back far enough.
    public func messages(
        _ exchange: Exchange, channel: Channel?, fields: [(name: String, value: String)] = [],
        elsewhere: (@LoopActor (Exchange) -> Void)? = nil
    ) throws(Problem) {
        let query = try Problem.from { () throws(InvalidField) in
            try MessageQuery(queryItems: exchange.queryItems)
        }
        let selection = source.index.select(channel: channel?.bytes, query)
        if !selection.isComplete, let elsewhere { return elsewhere(exchange) }
        let format: MessagePage.Format = exchange.accepts(MediaType.ndjson) ? .ndjson : .jsonArray
        MessageStream(source: source, selection: selection, format: format, fields: fields)
            .answer(exchange)
    }

    /// A name from a path. Channels that are not public are not there.
    public static func publicChannel(_ name: [UInt8]) throws(Problem) -> Channel {
        let channel = try Problem.from { () throws(InvalidField) in try Channel(validating: name) }
        guard channel.isPublic else {
            throw Problem(.notFound, "channels that begin with '$' or '@' are not public", field: "channel")
        }
        return channel
    }

    // MARK: Lines

    public func lines(
        _ exchange: Exchange, _ query: LogQuery, isTail: Bool
    ) throws(Problem) {
        try query.check(against: source.identity)
        guard let digest = query.digest else { return respond(exchange, query, isTail: isTail) }
        source.digest(at: query.after) { [self] result in
            exchange.answering { () throws(Problem) in
                let own = try result.mapError { Problem($0) }.get()
                guard own == digest else { throw query.digestConflict(own: own, source.identity) }
                // The history may have been replaced while the digest was read.
                try query.check(against: source.identity)
                respond(exchange, query, isTail: isTail)
            }
        }
    }

    private func respond(_ exchange: Exchange, _ query: LogQuery, isTail: Bool) {
        let start = source.index.position(after: query.after)
        let end = isTail ? nil : source.index.end
        let identity = source.identity
        let fields = [
            ("content-type", MediaType.ndjson), ("log-epoch", identity.epoch.description),
            ("log-head", identity.offset.description), ("cache-control", "no-store"),
        ]
        let body = Response.Body.stream(length: end.map { Int($0 - start) }) { [source, tails] writer in
            let reader = LineReader(source: source, writer: writer, position: start, end: end)
            if isTail {
                tails.add(reader, writer, query)
            } else {
                reader.start()
            }
        }
        exchange.respond(Response(200, fields: fields, body: body))
    }
}
