import EventLoop
import LogLine
import LogServing
import Operations
import Replication
import Views
import Web

/// What a chat-server answers over HTTP: docs/openapi.yaml.
@LoopActor
final class PodEndpoints {
    private let replica: Replica
    private let upstream: any LogUpstream
    private let tails: LineTails
    private let options: ChatServer.Options
    private let requests: ChatRequests
    private let delivery: Delivery
    private let started = LoopClock.monotonic
    var isDraining = false
    var connectionCount: @LoopActor () -> Int = { 0 }
    /// Where the log names who feeds this pod: that upstream.
    var delegated: DelegatedUpstream?

    init(
        replica: Replica, upstream: any LogUpstream, tails: LineTails, requests: ChatRequests,
        delivery: Delivery, options: ChatServer.Options
    ) {
        self.replica = replica
        self.upstream = upstream
        self.tails = tails
        self.options = options
        self.requests = requests
        self.delivery = delivery
    }

    var routes: [Route] {
        [
            Route(
                .post, "/messages/*", bodyBytesMax: ServerLimits.bodyBytesMax, { [self] in postMessage($0) }),
            Route(.get, "/messages", { [self] in messages($0, isOneChannel: false) }),
            Route(.get, "/messages/*", { [self] in messages($0, isOneChannel: true) }),
            Route(.get, "/log", isGuarded: true, { [self] in lines($0, isTail: false) }),
            Route(
                .get, "/log/tail", isGuarded: true, isStream: true, { [self] in lines($0, isTail: true) }),
            Route(.get, "/state", { [self] in $0.respond(state()) }),
        ]
    }

    // MARK: Writing

    private func postMessage(_ exchange: Exchange) {
        requests.answering(exchange) { [self] () throws(ChatAnswer) in
            let channel = try requests.channel(exchange)
            let confirmation = try ChatAnswer.from(problem: { () throws(Problem) in
                try exchange.writeConfirmation()
            })
            let draft = try ChatAnswer.from(problem: { () throws(Problem) in
                try Problem.from { () throws(InvalidField) in
                    try Draft.decode(message: exchange.body.pointer, channel: channel)
                }
            })
            let actor = try ChatAnswer.from(problem: { () throws(Problem) in
                try requests.actor(exchange, author: draft.author)
            })
            try requests.admitWrite(exchange, as: actor)
            guard let replyTo = draft.replyTo else { return post(exchange, draft, actor, nil, confirmation) }
            requests.target(replyTo) { [self] found in
                switch found {
                case .failure(let problem): exchange.respond(Response(problem))
                case .success(let target): post(exchange, draft, actor, target, confirmation)
                }
            }
        }
    }

    private func post(
        _ exchange: Exchange, _ draft: Draft, _ actor: ChatActor, _ target: MessageTarget?,
        _ confirmation: WriteConfirmation
    ) {
        requests.writes.perform(
            id: draft.id, confirmation: confirmation, answered: .atOnce
        ) { (chat) throws(ChatRefusal) in
            try chat.post(draft, by: actor, answering: target)
        } _: { result in
            guard let result else { preconditionFailure("a message is always to be written") }
            exchange.respond(Response(result))
        }
    }

    // MARK: Reading

    private func messages(_ exchange: Exchange, isOneChannel: Bool) {
        requests.answering(exchange) { [self] () throws(ChatAnswer) in
            let actor = try ChatAnswer.from(problem: { () throws(Problem) in try requests.actor(exchange) })
            let channel = isOneChannel ? try requests.channel(exchange) : nil
            try checkAccess(actor, channel)
            try ChatAnswer.from(problem: { () throws(Problem) in
                try requests.whenReached(exchange) { [self] () throws(Problem) in
                    try pollMessages(exchange, actor, channel)
                }
            })
        }
    }

    private func checkAccess(_ actor: ChatActor, _ channel: Channel?) throws(ChatAnswer) {
        try ChatAnswer.from { () throws(ChatRefusal) in
            if let channel { try requests.chat.reading(actor, channel) }
            _ = try requests.chat.name(of: actor)
        }
    }

    /// With `wait`, an answer that would be empty waits for the channel's next message.
    private func pollMessages(
        _ exchange: Exchange, _ actor: ChatActor, _ channel: Channel?
    ) throws(Problem) {
        guard let channel, let query = try PollQuery(exchange.queryItems) else {
            return try readMessages(exchange, actor, channel)
        }
        let deadline = LoopClock.monotonic + query.wait
        try poll(exchange, actor, channel, query.messages, until: deadline, in: replica.source.epoch)
    }

    /// Answers when there is what is asked for, the time is over, or the history became another one. What
    /// wakes it may be a message that the reader has, and that comes here late.
    private func poll(
        _ exchange: Exchange, _ actor: ChatActor, _ channel: Channel, _ query: MessageQuery,
        until deadline: Duration, in epoch: Epoch?
    ) throws(Problem) {
        let timeLeft = deadline - LoopClock.monotonic
        let found = replica.source.index.select(channel: channel.bytes, query)
        guard found.isEmpty, timeLeft > .zero, replica.source.epoch == epoch else {
            return try readMessages(exchange, actor, channel)
        }
        let ticket = delivery.polls.add(ChannelName.escape(channel.bytes), timeout: timeLeft) { [self] in
            exchange.answering { () throws(Problem) in
                try poll(exchange, actor, channel, query, until: deadline, in: epoch)
            }
        }
        guard let ticket else {
            throw Problem(.overloaded, "\(DeliveryLimits.waitingPollsMax) reads wait for messages already")
        }
        exchange.onAbandoned = { [delivery] in delivery.polls.remove(ticket) }
    }

    /// The right to read is judged again: the reader may have waited.
    private func readMessages(
        _ exchange: Exchange, _ actor: ChatActor, _ channel: Channel?
    ) throws(Problem) {
        do throws(ChatAnswer) { try checkAccess(actor, channel) } catch { throw error.asProblem }
        let reads = LogReads(source: replica.source, tails: tails)
        let position = try requests.position()
        let fields = [(name: "log-position", value: position.description)]
        try reads.messages(exchange, channel: channel, fields: fields) { [upstream] exchange in
            // The log serves private channels to the cluster alone; who may read them was judged here.
            let path = channel?.isPrivate == true ? [Array("log".utf8)] : []
            ReadPassing.pass(exchange, path + exchange.segments, to: upstream, fields: fields)
        }
    }

    private func lines(_ exchange: Exchange, isTail: Bool) {
        exchange.answering { () throws(Problem) in
            let query = try LogQuery(exchange.queryItems)
            let source = try lineSource(query, isTail: isTail)
            guard query.after >= source.index.first.previous else {
                guard source === replica.source, !isTail else {
                    throw Problem(
                        .notFound, "this pod's memory begins at offset \(source.index.first)", field: "after")
                }
                return ReadPassing.pass(exchange, exchange.segments, to: upstream)
            }
            try LogReads(source: source, tails: tails).lines(exchange, query, isTail: isTail)
        }
    }

    /// The history that is asked for: the current one, or a superseded one by its epoch.
    private func lineSource(_ query: LogQuery, isTail: Bool) throws(Problem) -> HistorySource {
        if !isTail, let epoch = query.epoch, let superseded = replica.superseded[epoch] { return superseded }
        guard replica.source.epoch != nil else {
            throw Problem(.notReady, "this pod has not reached its log yet")
        }
        return replica.source
    }

    // MARK: About itself

    private func state() -> Response {
        let source = replica.source
        let head = replica.head
        return Response(200, type: MediaType.json) { buffer in
            buffer.append("{\"service\":\"chat-server\",\"replica_id\":")
            buffer.appendJSONString(options.replicaID.bytes)
            let epoch = source.epoch.map { "\"\($0)\"" } ?? "null"
            let superseded = replica.superseded.epochs.map { "\"\($0)\"" }.joined(separator: ",")
            buffer.append(
                utf8: """
                    ,"epoch":\(epoch),"offset":\(source.index.last),"head":\(head),\
                    "lag":\(head - source.index.last),"digest":"\(source.index.digest)",\
                    "source":"\(replica.lineSource.rawValue)",\(place),\
                    "ready":\(replica.isReady && !isDraining),\
                    "first":\(source.index.first),"first_digest":"\(source.index.firstDigest)",\
                    "connections":\(connectionCount()),"waiting_writes":\(upstream.waitingWrites),\
                    "log_reachable":\(upstream.isReachable),"history_bytes":\(source.history.bytes),\
                    "uptime_seconds":\((LoopClock.monotonic - started).components.seconds),\
                    "superseded_epochs":[\(superseded)],\(simulatedDelay)"version":"\(Version.current)"}\n
                    """)
        }
    }

    private var simulatedDelay: String {
        options.simulatedDelay.map { "\"simulated_delay\":\"\($0)\"," } ?? ""
    }

    /// `"upstream":…,"tier":…`: `redis`, `log`, the pod that feeds this one, or null while nobody does.
    private var place: String {
        guard let delegated else {
            return "\"upstream\":\"\(replica.lineSource == .redis ? "redis" : "log")\",\"tier\":1"
        }
        let upstream = delegated.feeder.map { "\"\($0.replicaID?.description ?? "log")\"" } ?? "null"
        return "\"upstream\":\(upstream),\"tier\":\(delegated.tier.map(String.init) ?? "null")"
    }

    /// Nil when the pod should get requests.
    var unreadyReason: String? {
        if isDraining { return "this pod is shutting down" }
        guard !replica.isReady else { return nil }
        if let trouble = replica.streamTrouble { return "this pod cannot read from its log: \(trouble)" }
        return "this pod is catching up: applied \(replica.source.index.last) of \(replica.head)"
    }
}
