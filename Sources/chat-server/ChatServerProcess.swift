import ChatService
import Crypto
import EventLoop
import LogClient
import LogLine
import Operations
import RedisBus
import Replication
import SearchIndex
import Views
import Web

/// The process `chat-server`: settings, then the loop.
enum ChatServerProcess {
    static func run() -> Never {
        let (settings, log) = ServiceProcess.start(ChatServerSettings.self)
        EventLoop.shared.run { serve(settings, log) }
        ServiceProcess.exit(.done)
    }

    @LoopActor private static var server: ChatServer?
    @LoopActor private static var signals = [LoopSignal]()

    @LoopActor
    private static func serve(_ settings: ChatServerSettings, _ log: DiagnosticLog) {
        let metrics = Metrics()
        let provider = provider(settings.accounts.identityProvider)
        let upstream = upstream(settings, log)
        let replica = replica(settings, upstream, metrics, log)
        do throws(SocketError) {
            metrics.gauge("chat_pod_search_bytes", "Memory of the index of texts.") {
                Double(SQLiteTextIndex.memoryBytes)
            }
            let server = try ChatServer(
                replica: replica, upstream: upstream, textIndex: SQLiteTextIndex(),
                options: options(settings, provider), metrics: metrics)
            self.server = server
            tellOfFewDescriptors(settings.admission.connectionsMax, server, log)
            signals = ServiceProcess.onTermination { drain(server, settings, log) }
            log.info(
                "listening",
                [
                    "host": .init(settings.common.host), "port": .init(server.server.address?.port ?? 0),
                    "replica_id": .init(settings.replicaID), "log": .init(settings.replicationLog),
                    "redis": .init(settings.common.redis.map(\.description) ?? "none"),
                ])
        } catch {
            ServiceProcess.exit(notServing: error, settings.common, log)
        }
    }

    @LoopActor
    private static func tellOfFewDescriptors(_ wanted: Int, _ server: ChatServer, _ log: DiagnosticLog) {
        let possible = server.server.limits.connectionsMax
        guard possible < wanted else { return }
        log.info(
            "the limit of open files leaves fewer connections than CONNECTIONS_MAX",
            ["connections": .init(possible), "wanted": .init(wanted)])
    }

    @LoopActor
    private static func drain(_ server: ChatServer, _ settings: ChatServerSettings, _ log: DiagnosticLog) {
        log.info("draining", ["window": .init(settings.common.drainWindow)])
        server.drain {
            log.info("stopped")
            EventLoop.shared.stop()
        }
    }

    @LoopActor
    private static func upstream(_ settings: ChatServerSettings, _ log: DiagnosticLog) -> HTTPLog {
        let url = settings.replicationLog
        return HTTPLog(
            Origin(host: url.host, port: url.port, prefix: url.pathPrefix),
            secret: settings.common.clusterSecret?.bytes, writeTimeout: settings.writeTimeout
        ) { status in
            switch status {
            case .open: log.info("connected to the replication-log for writes")
            case .lost(let reason, let retry):
                log.warning(
                    "the replication-log is away for writes",
                    ["reason": .init(reason), "retry_in": .init(retry)])
            }
        }
    }

    @LoopActor
    private static func replica(
        _ settings: ChatServerSettings, _ upstream: HTTPLog, _ metrics: Metrics, _ log: DiagnosticLog
    ) -> Replica {
        let topics = Topics(clusterName: settings.common.clusterName)
        let bus = settings.common.redis.map { url in
            RedisBus(
                RedisEndpoint(url),
                subscriptions: RedisBus.Subscriptions(channels: [topics.log, topics.head, topics.ephemeral]),
                // With a user that may not publish, lines still come.
                hearsItself: false, metrics: metrics, log: log)
        }
        let seed = (SecureRandom.uint64(), SecureRandom.uint64())
        return Replica(
            upstream: upstream, bus: bus, topics: topics,
            seal: settings.common.clusterSecret.map { BusSeal(secret: $0.bytes) },
            makeHistory: { History(bytesMax: settings.historyBytes, hash: ChannelHash(seed: seed)) },
            makeChat: {
                ChatState(
                    hash: ChannelHash(seed: seed), allowsAccounts: settings.common.clusterSecret != nil)
            },
            superseded: SupersededHistories(
                retention: settings.supersededRetention, historyBytesMax: settings.historyBytes),
            metrics: metrics, log: log)
    }

    /// Whose tokens are taken beside our own. A file of keys that is none ends the process.
    private static func provider(_ settings: IdentityProviderSettings?) -> JSONWebTokens? {
        guard let settings else { return nil }
        let claims = JSONWebTokens.Claims(
            issuer: settings.issuer.map { Array($0.utf8) },
            audience: settings.audience.map { Array($0.utf8) },
            nameClaim: settings.nameClaim.map { Array($0.utf8) })
        switch settings.key {
        case .hs256(let secret): return JSONWebTokens(key: .hs256(secret: secret.bytes), claims: claims)
        case .rs256(let pem):
            do throws(PublicKeyError) {
                return JSONWebTokens(key: .rs256(try PublicKeySet(pem: pem)), claims: claims)
            } catch {
                let error = IdentityProviderSettings.unusableKeys("\(error)")
                ServiceProcess.exit(.badSettings, saying: "\(ChatServerSettings.service): \(error)\n")
            }
        }
    }

    private static func options(
        _ settings: ChatServerSettings, _ provider: JSONWebTokens?
    ) -> ChatServer.Options {
        var options = ChatServer.Options(
            host: settings.common.host, port: settings.common.port, basePath: settings.common.basePath,
            replicaID: settings.replicaID, incarnation: SecureRandom.uint64(),
            secret: settings.common.clusterSecret?.bytes, allowedOrigins: settings.common.allowedOrigins,
            drainWindow: settings.common.drainWindow,
            accounts: ChatServer.Options.Accounts(
                isRequired: settings.accounts.authentication == .required,
                tokenLifetime: settings.accounts.tokenLifetime, provider: provider),
            limits: limits(settings.admission), messageRate: settings.admission.messageRate)
        options.scrubInterval = settings.scrubInterval
        return options
    }

    private static func limits(_ settings: AdmissionSettings) -> ServerLimits {
        var limits = ServerLimits()
        limits.connectionsMax = DescriptorLimit.connections(wanted: settings.connectionsMax)
        limits.connectionsPerAddressMax = settings.connectionsPerAddressMax
        limits.trustedProxies = settings.trustedProxies
        return limits
    }
}
