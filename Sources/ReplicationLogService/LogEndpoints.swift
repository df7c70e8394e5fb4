import EventLoop
import LogLine
import LogServing
import Operations
import Replication
import Views
import Web

/// What the replication-log answers over HTTP: docs/openapi.yaml.
@LoopActor
final class LogEndpoints {
    private let core: LogCore
    private let reads: LogReads
    private let confirmations: ConfirmationDesk
    private let options: ReplicationLog.Options
    private let started = LoopClock.monotonic
    /// Why the service is not ready; nil: it is.
    var unreadyReason: String?

    init(core: LogCore, reads: LogReads, confirmations: ConfirmationDesk, options: ReplicationLog.Options) {
        self.core = core
        self.reads = reads
        self.confirmations = confirmations
        self.options = options
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
            Route(.get, "/log/messages/*", isGuarded: true, { [self] in privateMessages($0) }),
            Route(.get, "/log", isGuarded: true, { [self] in lines($0, isTail: false) }),
            Route(
                .get, "/log/tail", isGuarded: true, isStream: true, { [self] in lines($0, isTail: true) }),
            Route(.get, "/state", { [self] in $0.respond(state()) }),
        ]
    }

    // MARK: Writing

    private func postMessage(_ exchange: Exchange) {
        exchange.answering { () throws(Problem) in
            let choice = try exchange.writeConfirmation()
            let requirement = choice.requirement ?? confirmations.defaultRequirement
            guard requirement == .durable || confirmations.hasRoom else {
                throw Problem(.overloaded, "\(ConfirmationLimits.waitsMax) writes wait for pods already")
            }
            let channel = try LogReads.publicChannel(exchange.segments[1])
            let draft = try Problem.from { () throws(InvalidField) in
                try Draft.decode(message: exchange.body.pointer, channel: channel)
            }
            guard requirement != .durable else {
                return core.append(draft) { exchange.respond(Response($0)) }
            }
            core.append(draft) { [self] result in
                confirm(result, requirement, choice.timeout) { exchange.respond(Response($0)) }
            }
        }
    }

    private func confirm(
        _ result: AppendResult, _ requirement: ConfirmationRequirement, _ timeout: Duration,
        _ completion: @escaping @LoopActor (AppendResult) -> Void
    ) {
        guard let offset = result.receipt?.position.offset else { return completion(result) }
        confirmations.wait(offset, requirement, timeout: timeout) { _, confirmation in
            completion(result.with(confirmation, requirement))
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

    // MARK: Reading

    private func messages(_ exchange: Exchange, channel name: [UInt8]?) {
        exchange.answering { () throws(Problem) in
            let channel = if let name { try LogReads.publicChannel(name) } else { Channel?.none }
            try reads.messages(exchange, channel: channel)
        }
    }

    /// For pods that do not remember so far back: they know who may read the channel.
    private func privateMessages(_ exchange: Exchange) {
        exchange.answering { () throws(Problem) in
            let channel = try Problem.from { () throws(InvalidField) in
                try Channel(validating: exchange.segments[2])
            }
            guard channel.isPrivate else {
                throw Problem(.notFound, "this is for channels that begin with '@'", field: "channel")
            }
            try reads.messages(exchange, channel: channel)
        }
    }

    private func lines(_ exchange: Exchange, isTail: Bool) {
        exchange.answering { () throws(Problem) in
            try reads.lines(exchange, try LogQuery(exchange.queryItems), isTail: isTail)
        }
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
                    "tails":\(reads.tails.count),
                    """)
            options.scrubReport()?.encodeMember(into: buffer)
            buffer.append(utf8: "\"version\":\"\(Version.current)\"}\n")
        }
    }
}
