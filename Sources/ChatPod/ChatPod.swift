import ChatService
import Crypto
import EventLoop
import LogClient
import LogLine
import Operations
import RedisBus
import Replication
import Views
import Web

/// A chat-server put together from its settings: adapters are chosen here, for the process `chat-server` and
/// for tools that run many in one process.
public enum ChatPod {
    /// Starts to serve and to follow the log. Settings that name unusable keys end the process.
    @LoopActor
    public static func make(
        _ settings: ChatServerSettings, textIndex: any TextIndex, metrics: Metrics, log: DiagnosticLog
    ) throws(SocketError) -> ChatServer {
        let provider = provider(settings.accounts.identityProvider)
        let direct = upstream(settings, log)
        let delegated = settings.delegation.follow == .tree ? delegated(direct, settings, log) : nil
        let upstream: any LogUpstream = delegated ?? direct
        return try ChatServer(
            replica: replica(settings, upstream, metrics, log), upstream: upstream, delegated: delegated,
            textIndex: textIndex, options: options(settings, provider), metrics: metrics)
    }

    @LoopActor
    private static func delegated(
        _ upstream: HTTPLog, _ settings: ChatServerSettings, _ log: DiagnosticLog
    ) -> DelegatedUpstream {
        let proof = settings.common.clusterSecret.map { RequestProof(secret: $0.bytes) }
        return DelegatedUpstream(log: upstream) { address in
            guard let url = HTTPURL(address) else { return nil }
            let origin = Origin(host: url.host, port: url.port, prefix: url.pathPrefix)
            guard let proof else { return HTTPLines(origin, prove: nil) }
            return HTTPLines(origin) { challenge, method, target in
                let request = RequestProof.Request(method: method, target: target, address: address)
                return proof.answer(to: challenge, for: request)
            }
        } onUnreachable: { name in
            log.warning(
                "no pod that was named feeds this one; it reads from the replication-log itself for a while",
                ["last": .init(ReplicaReport.Following(name))])
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
        _ settings: ChatServerSettings, _ upstream: any LogUpstream, _ metrics: Metrics,
        _ log: DiagnosticLog
    ) -> Replica {
        let topics = Topics(clusterName: settings.common.clusterName)
        let follows: Following = settings.delegation.follow == .redis ? .bus : .stream
        let lines = follows == .bus ? [topics.log, topics.head] : []
        let bus = settings.common.redis.map { url in
            RedisBus(
                RedisEndpoint(url),
                subscriptions: RedisBus.Subscriptions(channels: lines + [topics.ephemeral]),
                // With a user that may not publish, lines still come.
                hearsItself: false, metrics: metrics, log: log)
        }
        let seed = (SecureRandom.uint64(), SecureRandom.uint64())
        return Replica(
            upstream: upstream, bus: bus, follows: follows, topics: topics,
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
            replicaID: replicaID(settings), incarnation: SecureRandom.uint64(),
            secret: settings.common.clusterSecret?.bytes, allowedOrigins: settings.common.allowedOrigins,
            drainWindow: settings.common.drainWindow,
            accounts: ChatServer.Options.Accounts(
                isRequired: settings.accounts.authentication == .required,
                tokenLifetime: settings.accounts.tokenLifetime, provider: provider),
            limits: limits(settings.admission), messageRate: settings.admission.messageRate)
        options.writeQuorum = writeQuorum(settings.common)
        options.simulatedDelay = settings.simulatedDelay
        options.scrubInterval = settings.scrubInterval
        options.advertisedURL = settings.delegation.advertisedURL?.description
        return options
    }

    private static func writeQuorum(_ settings: CommonSettings) -> ConfirmationRequirement {
        guard let requirement = ConfirmationRequirement(settings.writeQuorum) else {
            preconditionFailure("the setting takes what a ConfirmationRequirement takes")
        }
        return requirement
    }

    private static func replicaID(_ settings: ChatServerSettings) -> ReplicaID {
        guard let id = ReplicaID(settings.replicaID) else {
            preconditionFailure("the setting takes what a ReplicaID takes")
        }
        return id
    }

    private static func limits(_ settings: AdmissionSettings) -> ServerLimits {
        var limits = ServerLimits()
        limits.connectionsMax = DescriptorLimit.connections(wanted: settings.connectionsMax)
        limits.connectionsPerAddressMax = settings.connectionsPerAddressMax
        limits.trustedProxies = settings.trustedProxies
        return limits
    }
}
