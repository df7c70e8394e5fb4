import Crypto
import EventLoop
import LogLine
import LogServing
import Operations
import Replication
import Views
import Web

/// A chat-server as a whole: the replica of the log, what reads it, and the way for writes.
@LoopActor
public final class ChatServer {
    public struct Options {
        public var host: String
        public var port: UInt16
        public var basePath: String
        public var replicaID: ReplicaID
        /// Random, made by the process at its start.
        public var incarnation: UInt64
        public var secret: [UInt8]?
        public var allowedOrigins: AllowedOrigins
        public var drainWindow: Duration
        public var accounts: Accounts
        /// Of the HTTP server, the number of connections among them.
        public var limits: ServerLimits
        /// How often each connection and each account may write; nil: as often as it likes.
        public var messageRate: RateLimit?
        /// How many pods must have applied a message, unless its request or a line of the log says otherwise.
        public var writeQuorum = ConfirmationRequirement.durable
        /// By how much reports to the log are held back on purpose, for experiments.
        public var simulatedDelay: SimulatedDelay?
        /// Where other pods reach this one; nil: where it listens.
        public var advertisedURL: String?
        /// Within which time all lines in memory are checked once; zero: never.
        public var scrubInterval: Duration = .zero

        /// How people prove who they are.
        public struct Accounts {
            /// Only who is signed in may read and write.
            public var isRequired: Bool
            public var tokenLifetime: Duration
            /// Checks tokens of an identity provider, where one is configured.
            public var provider: JSONWebTokens?

            public init(isRequired: Bool, tokenLifetime: Duration, provider: JSONWebTokens?) {
                self.isRequired = isRequired
                self.tokenLifetime = tokenLifetime
                self.provider = provider
            }
        }

        public init(
            host: String, port: UInt16, basePath: String, replicaID: ReplicaID, incarnation: UInt64,
            secret: [UInt8]?, allowedOrigins: AllowedOrigins, drainWindow: Duration, accounts: Accounts,
            limits: ServerLimits, messageRate: RateLimit?
        ) {
            self.host = host
            self.port = port
            self.basePath = basePath
            self.replicaID = replicaID
            self.incarnation = incarnation
            self.secret = secret
            self.allowedOrigins = allowedOrigins
            self.drainWindow = drainWindow
            self.accounts = accounts
            self.limits = limits
            self.messageRate = messageRate
        }
    }

    public let replica: Replica
    public let server: HTTPServer
    private let endpoints: PodEndpoints
    private let tails: LineTails
    private let waits = PositionWaits()
    private let delivery: Delivery
    private let hub: PushHub
    private let search: SearchFeeder
    let reporter: Reporter
    private let telemetry: TelemetryRelay
    private let scrub: PodScrub?
    private let proofs: RequestProofs?
    private let hasher = PasswordHasher()
    private let upstream: any LogUpstream
    private let options: Options
    private var drainTimer: LoopTimer?

    /// Starts to serve (not ready yet) and to follow the log.
    /// - Parameter delegated: the upstream, where the log names who feeds this pod.
    public init(
        replica: Replica, upstream: any LogUpstream, delegated: DelegatedUpstream? = nil,
        textIndex: any TextIndex, options: Options, metrics: Metrics
    ) throws(SocketError) {
        self.replica = replica
        self.upstream = upstream
        self.options = options
        tails = LineTails(
            .relayed {
                guard let last = replica.lastHeartbeat,
                    LoopClock.monotonic - last.at < PodLimits.relayedHeartbeatAge
                else { return nil }
                return last.forms
            })
        reporter = Reporter(
            Reporter.Identity(replicaID: options.replicaID, incarnation: options.incarnation),
            replica: replica, upstream: upstream, simulatedDelay: options.simulatedDelay, metrics: metrics)
        let requests = ChatServer.requests(replica, waits, upstream, options)
        delivery = Delivery(source: { replica.source }, upstream: upstream)
        let ephemera = Ephemera(replica, incarnation: options.incarnation, metrics: metrics)
        hub = PushHub(
            delivery: delivery, requests: requests, ephemera: ephemera,
            replicaID: options.replicaID.description,
            limits: PushLimits())
        search = SearchFeeder(replica: replica, index: textIndex)
        scrub = PodScrub(replica, interval: options.scrubInterval)
        endpoints = PodEndpoints(
            replica: replica, upstream: upstream, tails: tails, requests: requests, delivery: delivery,
            options: options)
        let telemetry = TelemetryStreams(in: hub.channels)
        self.telemetry = TelemetryRelay(to: telemetry, from: upstream)
        proofs = options.secret.map { RequestProofs(secret: $0) }
        let accounts = AccountEndpoints(requests: requests, hasher: hasher)
        var serviceOptions = Service.Options(
            prefixes: ["/chat-server", options.basePath],
            isAuthorised: options.secret.map { secret in { ConstantTime.equal($0, secret) } },
            allowedOrigins: options.allowedOrigins)
        serviceOptions.proofs = proofs?.judge
        let service = Service(
            endpoints.routes + accounts.routes + RoomEndpoints(requests: requests).routes
                + MessageEndpoints(requests: requests).routes
                + KeyValueEndpoints(requests: requests).routes
                + SearchEndpoints(requests: requests, feeder: search).routes
                + StreamEndpoints(hub: hub, allowedOrigins: options.allowedOrigins).routes
                + PresenceEndpoints(requests: requests, ephemera: ephemera).routes
                + telemetry.routes + PageEndpoints(hasChat: true).routes,
            options: serviceOptions, metrics: metrics,
            unreadyReason: { [endpoints] in endpoints.unreadyReason })
        server = try HTTPServer(
            host: options.host, port: options.port, limits: options.limits, handler: service)
        endpoints.connectionCount = { [unowned self] in server.connectionCount + hub.count }
        registerMetrics(metrics)
        replica.onApplied = { [unowned self] in applied(from: $0) }
        replica.onDiscarded = { [unowned self] _ in
            tails.close()
            waits.discarded()
            delivery.discarded()
            search.discarded()
            reporter.discarded()
            scrub?.discarded()
        }
        replica.onReady = { [search, reporter] in
            search.advance()
            reporter.reportSoon()
        }
        replica.onSource = { [reporter] in reporter.reportSoon() }
        relayHeartbeats()
        join(delegated)
        replica.run()
    }

    private func relayHeartbeats() {
        replica.onHeartbeat = { [tails, reporter] heartbeat, forms in
            tails.relay(forms)
            if let offset = heartbeat.confirm { reporter.asked(offset) }
        }
    }

    /// Tells the log where this pod is reached, and asks it who feeds this pod, if it is to say.
    private func join(_ delegated: DelegatedUpstream?) {
        let address =
            options.advertisedURL
            ?? AdvertisedURL.make(host: options.host, port: server.address?.port ?? options.port)
        reporter.address = address
        proofs?.address = address
        guard let delegated else { return }
        TreeMembership.connect(delegated, reporter, replica)
        endpoints.delegated = delegated
    }

    private static func requests(
        _ replica: Replica, _ waits: PositionWaits, _ upstream: any LogUpstream, _ options: Options
    ) -> ChatRequests {
        ChatRequests(
            replica: replica,
            writes: Writes(
                replica: replica, upstream: upstream, waits: waits, incarnation: options.incarnation,
                environmentDefault: options.writeQuorum),
            identification: Identification(
                secret: options.secret, provider: options.accounts.provider,
                isRequired: options.accounts.isRequired, tokenLifetime: options.accounts.tokenLifetime),
            admission: WriteAdmission(options.messageRate), waits: waits, upstream: upstream)
    }

    // MARK: Lines

    private func applied(from position: UInt64) {
        let source = replica.source
        if tails.count > 0 {
            let bytes = Int(source.index.end - position)
            // Trimmed: more than the whole memory came at once; the tails read on from what is kept.
            let slices = (try? source.history.slices(from: position, bytesMax: bytes)) ?? [.empty]
            // Only the last slice ends at the source's end; for the tails one sign that something came is
            // enough.
            tails.publish(slices.count == 1 ? slices[0] : .empty)
        }
        delivery.applied(from: position)
        reporter.applied(source.index.last)
        waits.applied(source.index.last)
        search.advance()
    }

    // MARK: Draining

    /// Not ready from now on; still accepts during the window, because those who send connections here learn
    /// late; closes its connections spread over the window; then `completion`.
    public func drain(_ completion: @escaping @LoopActor () -> Void) {
        endpoints.isDraining = true
        reporter.leave()
        server.startDraining()
        let start = LoopClock.monotonic
        drainTimer = LoopTimer(every: PodLimits.drainStep) { [unowned self] in
            let left = options.drainWindow - (LoopClock.monotonic - start)
            if left > .zero {
                let share = min(1, PodLimits.drainStep / left)
                server.drainConnections(share: share)
                hub.drain(share: share)
            } else {
                finishDraining(since: start, completion)
            }
        }
    }

    private func finishDraining(since start: Duration, _ completion: @LoopActor () -> Void) {
        server.closeListener()
        tails.close()
        telemetry.close()
        server.drainConnections()
        hub.drain()
        let isOver = LoopClock.monotonic - start > options.drainWindow + PodLimits.drainGrace
        guard server.connectionCount + hub.count == 0 || isOver else { return }
        drainTimer = nil
        completion()
    }

    // MARK: Metrics

    private func registerMetrics(_ metrics: Metrics) {
        let replica = replica
        metrics.gauge("chat_pod_applied_offset", "The newest applied offset.") {
            Double(replica.source.index.last.value)
        }
        metrics.gauge("chat_pod_head_offset", "The highest offset heard of.") { Double(replica.head.value) }
        metrics.gauge("chat_pod_lag_entries", "Lines heard of and not applied.") {
            Double(replica.head - replica.source.index.last)
        }
        metrics.gauge("chat_pod_ready", "1 when caught up since the start.") { replica.isReady ? 1 : 0 }
        metrics.gauge("chat_pod_history_bytes", "Bytes of the lines in memory.") {
            Double(replica.source.history.bytes)
        }
        metrics.gauge("chat_pod_index_bytes", "Memory of the index over them.") {
            Double(replica.source.index.indexBytes)
        }
        metrics.gauge("chat_pod_buffered_bytes", "Bytes of lines that wait for earlier ones.") {
            Double(replica.bufferedBytes)
        }
        for source in FollowerSource.allCases {
            metrics.gauge(
                "chat_pod_source", "1 for where lines come from.", labels: ["source": source.rawValue]
            ) { replica.lineSource == source ? 1 : 0 }
        }
        metrics.gauge("chat_pod_waiting_writes", "Forwarded writes without a result.") { [upstream] in
            Double(upstream.waitingWrites)
        }
        metrics.gauge(
            "chat_pod_waiting_reads", "Reads that wait for a position, and changes that wait to be shown."
        ) { [waits] in Double(waits.count) }
        metrics.gauge("chat_pod_search_offset", "Up to where messages can be searched.") { [search] in
            Double(search.next.previous.value)
        }
        metrics.gauge("chat_http_connections", "HTTP connections that are open.") { [unowned self] in
            Double(server.connectionCount)
        }
        KeyValueMetrics.register(replica, in: metrics)
        registerDelivery(metrics)
        registerFollower(metrics)
        PodScrub.register(scrub, in: metrics)
        ProcessMetrics.register(in: metrics)
    }

    private func registerDelivery(_ metrics: Metrics) {
        metrics.gauge("chat_pod_push_connections", "WebSockets and event streams that are open.") { [hub] in
            Double(hub.count)
        }
        metrics.gauge("chat_http_telemetry_listeners", "Streams of telemetry that are open.") { [telemetry] in
            Double(telemetry.listenerCount)
        }
        metrics.gauge("chat_pod_live_streams", "Streams that have caught up and get lines as they come.") {
            [delivery] in Double(delivery.liveCount)
        }
        metrics.gauge("chat_pod_waiting_polls", "Reads that wait for a channel's next message.") {
            [delivery] in Double(delivery.polls.count)
        }
        metrics.counter(
            "chat_pod_refused_writes_total", "Messages and changes refused because of MESSAGES_PER_SECOND."
        ) { [hub] in hub.requests.admission.refusedCount }
        metrics.counter("chat_pod_delivered_lines_total", "Lines handed to live streams.") { [delivery] in
            delivery.deliveredLines
        }
    }

    private func registerFollower(_ metrics: Metrics) {
        func counter(_ name: String, _ help: String, _ path: KeyPath<FollowerCounters, Int>) {
            metrics.counter("chat_pod_\(name)_total", help) { [replica] in
                UInt64(replica.counters[keyPath: path])
            }
        }
        counter("applied_lines", "Lines applied.", \.linesApplied)
        counter("skipped_lines", "Lines that had been applied before.", \.linesSkipped)
        counter("repairs", "Gaps repaired from the log.", \.repairs)
        counter(
            "reorder_overflows", "Times the lines behind a gap were dropped for their number.",
            \.reorderOverflows)
        counter("foreign_batches", "Payloads of another epoch.", \.foreignBatches)
        counter("foreign_heartbeats", "Heartbeats of another epoch.", \.foreignHeartbeats)
        counter("doubts", "Times Redis gave reason to ask the log whether it is still ours.", \.doubts)
        counter("failed_log_requests", "Requests to the log that failed.", \.failedRequests)
        counter(
            "discards", "Times the history was given up: the log is another one, or it is damaged here.",
            \.discards)
        counter(
            "digest_conflicts", "Of these, times the log had another digest at the same offset.",
            \.digestConflicts)
    }
}
