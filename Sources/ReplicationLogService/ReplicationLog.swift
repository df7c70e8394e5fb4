import Crypto
import EventLoop
import LogLine
import LogServing
import Operations
import Replication
import Views
import Web

/// The replication-log as a whole: the core with everything that writes to it, reads from it and listens to
/// it.
@LoopActor
public final class ReplicationLog {
    public struct Options {
        public var host: String
        public var port: UInt16
        public var clusterName: String
        public var basePath: String
        public var secret: [UInt8]?
        public var allowedOrigins: AllowedOrigins
        /// Shown in `/state`.
        public var engine: String
        public var durability: String
        /// How long a pod counts as known after its last report.
        public var replicaWindow: Duration
        /// How many pods must have applied a message, unless its request or a line of the log says otherwise.
        public var writeQuorum: ConfirmationRequirement
        /// How many the log and each pod feed at most in the tree.
        public var fanout: Int
        /// Where the known pods are kept for the next start; nil: nowhere.
        public var roster: RosterStorage?
        /// Shown in `/state`: `connected` (lines are published, plain PUBLISHes heard), `away` or `none`.
        public var busState: @LoopActor () -> String = { "none" }
        /// Shown in `/state`: what checking the log on its disk has brought; nil: it is not checked.
        public var scrubReport: @LoopActor () -> ScrubReport? = { nil }
        var hasSecret: Bool { secret != nil }

        public init(
            host: String, port: UInt16, clusterName: String, basePath: String, secret: [UInt8]?,
            allowedOrigins: AllowedOrigins, engine: String, durability: String, replicaWindow: Duration,
            writeQuorum: ConfirmationRequirement, fanout: Int
        ) {
            self.host = host
            self.port = port
            self.clusterName = clusterName
            self.basePath = basePath
            self.secret = secret
            self.allowedOrigins = allowedOrigins
            self.engine = engine
            self.durability = durability
            self.replicaWindow = replicaWindow
            self.writeQuorum = writeQuorum
            self.fanout = fanout
        }
    }

    public let core: LogCore
    public let server: HTTPServer
    private let tails: LineTails
    private let endpoints: LogEndpoints
    private let telemetry: TelemetrySampler
    private let bus: (any Bus)?
    private let topics: Topics
    private let publisher: LogPublisher?
    private let ingest: Ingest?
    /// What is known of the pods.
    public let replicas: ReplicaWatch
    /// Writes that wait for pods.
    public let confirmations: ConfirmationDesk
    private let tree: TreeKeeper
    private let log: DiagnosticLog
    private var isStopping = false

    /// Starts to serve. `bus`: nil for none; `seal`: authenticates what is published.
    public init(
        core: LogCore, bus: (any Bus)?, seal: BusSeal?, options: Options, metrics: Metrics, log: DiagnosticLog
    ) throws(SocketError) {
        self.core = core
        self.bus = bus
        self.log = log
        var options = options
        if let bus { options.busState = { bus.isPublishing && bus.isSubscribed ? "connected" : "away" } }
        let pulse = Pulse()
        let replicas = ReplicaWatch(
            core: core, pulse: pulse, window: options.replicaWindow, seal: seal, roster: options.roster,
            metrics: metrics, log: log)
        self.replicas = replicas
        tree = TreeKeeper(fanout: options.fanout, replicas: replicas, metrics: metrics)
        let desk = ConfirmationDesk(
            replicas, core: core, environmentDefault: options.writeQuorum, metrics: metrics)
        confirmations = desk
        let heartbeat: @LoopActor () -> Heartbeat = {
            Heartbeat(
                core.identity, confirm: desk.asked, beat: pulse.next(), redacted: core.redactedCount)
        }
        tails = LineTails(.own(heartbeat))
        let source = StoreSource(core)
        metrics.counter(
            "chat_log_sent_bytes_total",
            "Bytes of lines sent from the store to readers of the log; what live tails get at once is not."
        ) { source.sentBytes }
        endpoints = LogEndpoints(
            core: core, reads: LogReads(source: source, tails: tails), confirmations: desk, options: options)
        telemetry = TelemetrySampler(core: core, replicas: replicas, confirmations: desk)
        let topics = Topics(clusterName: options.clusterName)
        self.topics = topics
        publisher = bus.map {
            LogPublisher(
                core: core, bus: $0, topics: topics, seal: seal, heartbeat: heartbeat, metrics: metrics)
        }
        ingest = bus.map { _ in Ingest(core: core, log: log, metrics: metrics) }
        let service = Service(
            endpoints.routes + ReplicaEndpoints(replicas).routes
                + ConfirmationEndpoints(desk, core: core).routes + telemetry.streams.routes
                + PageEndpoints(hasChat: false).routes,
            options: Service.Options(
                prefixes: ["/replication-log", options.basePath],
                isAuthorised: options.secret.map { secret in { ConstantTime.equal($0, secret) } },
                allowedOrigins: options.allowedOrigins),
            metrics: metrics, unreadyReason: { [endpoints] in endpoints.unreadyReason })
        server = try HTTPServer(host: options.host, port: options.port, handler: service)
        core.onDurable = { [unowned self] batch in
            publisher?.publish(batch)
            replicas.becameDurable(through: batch.through)
            tails.publish(batch.lines)
            desk.becameDurable(through: batch.through)
        }
        desk.ask = { [publisher, tails] in
            publisher?.publishHead()
            tails.tellHeartbeat()
        }
        registerMetrics(metrics)
        startBus()
    }

    /// Stops to accept, answers what is under way, and calls `completion` when the rest may be shut down.
    public func stop(_ completion: @escaping @LoopActor () -> Void) {
        guard !isStopping else { return }
        isStopping = true
        endpoints.unreadyReason = "the service is shutting down"
        server.closeListener()
        server.startDraining()
        tails.close()
        telemetry.streams.close()
        core.whenIdle { [self] in
            server.drainConnections()
            publisher?.publishHead()
            // Two turns: the answers and the last publish leave with the flush of the next one.
            EventLoop.shared.execute { EventLoop.shared.execute { self.finish(completion) } }
        }
    }

    private func finish(_ completion: @LoopActor () -> Void) {
        bus?.stop()
        completion()
    }

    private func startBus() {
        guard let bus else { return }
        bus.onEvent = { [unowned self] event in
            switch event {
            case .ready(.publisher): publisher?.publishHead()
            case .message(let channel, let payload): received(channel, payload)
            case .ready(.subscriber), .lost: break
            }
        }
        bus.start()
    }

    private func received(_ channel: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer) {
        if channel.elementsEqual(topics.replicas) {
            replicas.received(payload)
        } else {
            ingest?.received(channel: channel, payload: payload)
        }
    }

    private func registerMetrics(_ metrics: Metrics) {
        metrics.gauge("chat_log_head_offset", "The newest durable offset.") { [core] in
            Double(core.head.value)
        }
        metrics.gauge("chat_log_pending_lines", "Lines admitted and not durable yet.") { [core] in
            Double(core.pendingLines)
        }
        metrics.gauge("chat_log_bytes", "Bytes of all lines.") { [core] in Double(core.index.end) }
        metrics.gauge("chat_log_remembered_ids", "Ids that a retry is recognised by.") { [core] in
            Double(core.idCount)
        }
        metrics.gauge("chat_log_keys", "Keys that conditional appends can rely on.") { [core] in
            Double(core.keyCount)
        }
        metrics.gauge("chat_log_index_bytes", "Memory of the offset and channel indexes.") { [core] in
            Double(core.index.indexBytes)
        }
        metrics.gauge("chat_log_tails", "Live tails that are open.") { [tails] in Double(tails.count) }
        metrics.gauge("chat_http_telemetry_listeners", "Streams of telemetry that are open.") { [telemetry] in
            Double(telemetry.streams.count)
        }
        metrics.gauge("chat_http_connections", "HTTP connections that are open.") { [unowned self] in
            Double(server.connectionCount)
        }
        ProcessMetrics.register(in: metrics)
    }
}
