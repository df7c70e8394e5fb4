import EventLoop
import LogLine
import Operations
import Replication

/// The bus over Redis pub/sub: one connection that publishes and one that is subscribed.
///
/// Happy path: both connect, the subscriptions are confirmed, payloads flow. Failures: a lost connection is
/// reported and comes back by itself; what is published meanwhile is dropped and said so to the caller; what
/// others published meanwhile is lost, as pub/sub has it.
@LoopActor
public final class RedisBus {
    public struct Subscriptions: Sendable {
        public var channels: [[UInt8]]
        public var patterns: [String]
        public init(channels: [[UInt8]] = [], patterns: [String] = []) {
            self.channels = channels
            self.patterns = patterns
        }
    }

    public var onEvent: ((BusEvent) -> Void)?
    public private(set) var queuedBytes = 0
    public private(set) var isSubscribed = false

    private let subscriptions: Subscriptions
    private let publisher: RedisLink
    private let subscriber: RedisLink
    private let log: DiagnosticLog
    private let losses: Counter
    private var confirmationsMissing = 0

    /// Replies to subscriptions carry no size.
    private static let subscriptionToken = -2

    public var isPublishing: Bool { publisher.connection != nil }

    /// - Parameter hearsItself: it publishes on what it is subscribed to, so often that silence on the
    ///   subscriptions means that their connection is dead.
    public init(
        _ endpoint: RedisEndpoint, subscriptions: Subscriptions, hearsItself: Bool, metrics: Metrics,
        log: DiagnosticLog
    ) {
        self.subscriptions = subscriptions
        self.log = log
        losses = metrics.counter(
            "chat_redis_lost_connections_total", "Redis connections that broke or could not be made.")
        publisher = RedisLink(endpoint, expectsTraffic: true)
        subscriber = RedisLink(endpoint, expectsTraffic: hearsItself)
        metrics.gauge("chat_redis_subscribed", "1 while the subscriptions are confirmed.") { [unowned self] in
            isSubscribed ? 1 : 0
        }
        metrics.gauge("chat_redis_publishing", "1 while connected for publishing.") { [unowned self] in
            isPublishing ? 1 : 0
        }
    }

    public func start() {
        startPublisher()
        subscriber.onOpen = { [unowned self] in subscribe($0) }
        subscriber.onReply = { [unowned self] reply, _ in received(reply) }
        subscriber.onLost = { [unowned self] reason, retry in
            isSubscribed = false
            lost(.subscriber, reason, retry)
        }
        subscriber.start()
    }

    public func stop() {
        publisher.stop()
        subscriber.stop()
    }

    public func publish(_ topic: [UInt8], _ payload: ByteSlice) -> Bool {
        guard let connection = publisher.connection,
            queuedBytes + payload.count <= RedisLimits.queuedBytesMax
        else { return false }
        queuedBytes += payload.count
        let command: StaticString = "PUBLISH"
        topic.withUnsafeBytes { topic in
            let name = UnsafeRawBufferPointer(start: command.utf8Start, count: command.utf8CodeUnitCount)
            // The token carries the size, to be taken off `queuedBytes` with the reply.
            connection.send([name, topic, payload.pointer], token: payload.count)
        }
        return true
    }

    // MARK: Private

    private func startPublisher() {
        publisher.onOpen = { [unowned self] _ in
            queuedBytes = 0
            log.info("connected to Redis", ["role": "publisher"])
            onEvent?(.ready(.publisher))
        }
        publisher.onReply = { [unowned self] reply, token in
            queuedBytes -= token
            if case .error(let text) = reply { return publisher.lose("PUBLISH: \(text)") }
            publisher.confirm()
        }
        publisher.onLost = { [unowned self] reason, retry in
            queuedBytes = 0
            lost(.publisher, reason, retry)
        }
        publisher.start()
    }

    private func subscribe(_ connection: RedisConnection) {
        confirmationsMissing = subscriptions.channels.count + subscriptions.patterns.count
        for channel in subscriptions.channels {
            channel.withUnsafeBytes { channel in
                connection.send(["SUBSCRIBE"], channel, token: RedisBus.subscriptionToken)
            }
        }
        for pattern in subscriptions.patterns {
            connection.send(["PSUBSCRIBE", pattern], token: RedisBus.subscriptionToken)
        }
    }

    private func lost(_ role: BusEvent.Role, _ reason: String, _ retry: Duration) {
        losses.increment()
        log.warning(
            "Redis is away",
            ["role": .init(role.rawValue), "reason": .init(reason), "retry_in": .init(retry)])
        onEvent?(.lost(role, reason: reason, retry: retry))
    }

    private func received(_ reply: RedisReply) {
        switch reply {
        case .message(let channel, let payload):
            onEvent?(.message(channel: channel, payload: payload))
        case .subscribed:
            confirmationsMissing -= 1
            guard confirmationsMissing == 0 else { return }
            subscriber.confirm()
            isSubscribed = true
            log.info("connected to Redis", ["role": "subscriber"])
            onEvent?(.ready(.subscriber))
        case .error(let text): subscriber.lose("SUBSCRIBE: \(text)")
        case .ok: break
        }
    }
}

extension RedisBus: @LoopActor Bus {}
