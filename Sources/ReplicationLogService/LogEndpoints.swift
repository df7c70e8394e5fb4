import EventLoop
import LogLine
import Operations
import Replication
import Views
import Web

/// What the replication-log answers over HTTP: docs/openapi.yaml.
@LoopActor
final class LogEndpoints {
    private let core: LogCore
    private let tails: LogTails
    private let options: ReplicationLog.Options
    private let metrics: Metrics
    private let started = LoopClock.monotonic
    /// Why the service is not ready; nil: it is.
    var unreadyReason: String?

    init(core: LogCore, tails: LogTails, options: ReplicationLog.Options, metrics: Metrics) {
        self.core = core
        self.tails = tails
        self.options = options
        self.metrics = metrics
    }

    var routes: [Route] {
        [
            Route(
                .post, "/append", bodyBytesMax: LogLimits.appendBodyBytesMax, isGuarded: true,
                { [self] in append($0) }),
            Route(
                .post, "/messages/*", bodyBytesMax: ServerLimits.bodyBytesMax, isGuarded: true,
                { [self] in postMessage($0) }),
            Route(.get, "/messages", { [self] in messages($0, channel: nil) }),
            Route(.get, "/messages/*", { [self] in messages($0, channel: $0.segments[1]) }),
            Route(.get, "/log", isGuarded: true, { [self] in lines($0, isTail: false) }),
            Route(.get, "/log/tail", isGuarded: true, { [self] in lines($0, isTail: true) }),
            Route(.get, "/state", { [self] in $0.respond(state()) }),
            Route(.get, "/healthz", { $0.respond(Response(200, type: MediaType.text) { $0.append("ok\n") }) }),
            Route(.get, "/readyz", { [self] in $0.respond(readiness()) }),
            Route(.get, "/metrics", { [self] in $0.respond(exposition()) }),
        ]
    }

    // MARK: Writing

    private func postMessage(_ exchange: Exchange) {
        exchange.answering { () throws(Problem) in
            try exchange.refuseQuery()
            let channel = try publicChannel(exchange.segments[1])
            let draft = try Problem.from { () throws(InvalidField) in
                try Draft.decode(message: exchange.body.pointer, channel: channel)
            }
            core.append([draft]) { results in exchange.respond(Response(results[0])) }
        }
    }

    private func append(_ exchange: Exchange) {
        exchange.answering { () throws(Problem) in
            try exchange.refuseQuery()
            let batch = try AppendBatch(exchange.body, allowsHidden: options.hasSecret)
            core.append(batch.drafts) { results in
                exchange.respond(
                    Response(200, type: MediaType.ndjson) { batch.encode(results, into: $0) })
            }
        }
    }

    private func publicChannel(_ name: [UInt8]) throws(Problem) -> Channel {
        let channel = try Problem.from { () throws(InvalidField) in try Channel(validating: name) }
        guard channel.isPublic else {
            throw Problem(.notFound, "channels that begin with '$' or '@' are not public", field: "channel")
        }
        return channel
    }

    // MARK: Reading

    private func messages(_ exchange: Exchange, channel name: [UInt8]?) {
        exchange.answering { () throws(Problem) in
            let channel = if let name { try publicChannel(name) } else { Channel?.none }
            let query = try Problem.from { () throws(InvalidField) in
                try MessageQuery(queryItems: exchange.queryItems)
            }
            let wantsLines = exchange.accepts(MediaType.ndjson)
            let stream = MessageStream(
                core: core, selection: core.index.select(channel: channel?.bytes, query),
                format: wantsLines ? .ndjson : .jsonArray)
            stream.answer(exchange, type: wantsLines ? MediaType.ndjson : MediaType.json)
        }
    }

    private func lines(_ exchange: Exchange, isTail: Bool) {
        exchange.answering { () throws(Problem) in
            let request = try LogRequest(exchange.queryItems)
            try request.check(against: core.identity)
            guard let digest = request.digest else { return respond(exchange, request, isTail: isTail) }
            DigestProof(core: core).digest(at: request.after) { [self] result in
                exchange.answering { () throws(Problem) in
                    let own = try result.get()
                    guard own == digest else { throw request.digestConflict(own: own, core.identity) }
                    respond(exchange, request, isTail: isTail)
                }
            }
        }
    }

    private func respond(_ exchange: Exchange, _ request: LogRequest, isTail: Bool) {
        let start = core.index.position(after: request.after)
        let end = isTail ? nil : core.index.end
        let fields = [
            ("content-type", MediaType.ndjson), ("log-epoch", core.epoch.description),
            ("log-head", core.head.description), ("cache-control", "no-store"),
        ]
        exchange.respond(
            Response(
                200, fields: fields,
                body: .stream(length: end.map { Int($0 - start) }) { [self] writer in
                    let reader = LogReader(core: core, writer: writer, position: start, end: end)
                    if isTail {
                        tails.add(reader, writer, wantsHeartbeat: request.wantsHeartbeat)
                    } else {
                        reader.start()
                    }
                }))
    }

    // MARK: About itself

    private func state() -> Response {
        Response(200, type: MediaType.json) { buffer in
            let identity = core.identity
            buffer.append(
                utf8: """
                    {"service":"replication-log","epoch":"\(identity.epoch)","offset":\(identity.offset),\
                    "digest":"\(identity.digest)","first":1,"first_digest":"\(Digest.zero)",\
                    "engine":"\(options.engine)","durability":"\(options.durability)",\
                    "uptime_seconds":\((LoopClock.monotonic - started).components.seconds),\
                    "redis":"\(options.busState())","pending_lines":\(core.pendingLines),\
                    "tails":\(tails.count),"version":"\(Version.current)"}\n
                    """)
        }
    }

    private func readiness() -> Response {
        guard let unreadyReason else {
            return Response(200, type: MediaType.text) { $0.append("ready\n") }
        }
        return Response(Problem(.notReady, unreadyReason))
    }

    private func exposition() -> Response {
        var text = [UInt8]()
        metrics.render(into: &text)
        return Response(200, fields: [("content-type", Metrics.contentType)], body: .bytes(ByteSlice(text)))
    }
}
