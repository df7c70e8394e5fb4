import EventLoop
import LogLine
import Operations
import Replication

/// Tells the pods: every durable batch at once, and the head each second, so that a lost last line is noticed
/// too.
///
/// Happy path: a batch becomes one payload (several when it is large) on the log's topic. What the bus does
/// not take is dropped and counted: pods repair from the log.
@LoopActor
final class LogPublisher {
    private let core: LogCore
    private let bus: any Bus
    private let topics: Topics
    private let seal: BusSeal?
    private var timer: LoopTimer?
    private let published: Counter
    private let dropped: Counter

    init(core: LogCore, bus: any Bus, topics: Topics, seal: BusSeal?, metrics: Metrics) {
        self.core = core
        self.bus = bus
        self.topics = topics
        self.seal = seal
        published = metrics.counter("chat_log_published_payloads_total", "Payloads of lines given to Redis.")
        dropped = metrics.counter(
            "chat_log_dropped_payloads_total", "Payloads not given to Redis: away, or too much was queued.")
        metrics.gauge("chat_log_redis_queued_bytes", "Published bytes that Redis has not confirmed.") {
            Double(bus.queuedBytes)
        }
        timer = LoopTimer(every: LogLimits.heartbeatInterval) { [unowned self] in publishHead() }
    }

    func publish(_ batch: LogCore.DurableBatch) {
        BusPayload.encode(batch.lines, epoch: core.epoch, after: batch.after, seal: seal) { payload in
            (bus.publish(topics.log, payload) ? published : dropped).increment()
        }
    }

    func publishHead() {
        let buffer = ByteBuffer()
        Heartbeat.encode(core.identity, seal: seal, into: buffer)
        // A heartbeat that is not taken is followed by the next one.
        _ = bus.publish(topics.head, buffer.takeSlice())
    }
}
