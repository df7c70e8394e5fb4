import EventLoop
import LogLine
import Operations
import Replication

/// Tells the pods: every durable batch at once, and the head each second, so that a lost last line is noticed
/// too.
///
/// Happy path: a batch becomes one payload (several when it is large) on the log's topic. What the bus does
/// not take is dropped and counted: pods repair from the log. So they do with accounts' lines, which are
/// never published: whoever may listen on Redis must not get the hashes of passwords to guess at.
@LoopActor
final class LogPublisher {
    private let core: LogCore
    private let bus: any Bus
    private let topics: Topics
    private let seal: BusSeal?
    private let heartbeat: @LoopActor () -> Heartbeat
    private var timer: LoopTimer?
    private let published: Counter
    private let dropped: Counter

    /// - Parameter heartbeat: the log's word, now.
    init(
        core: LogCore, bus: any Bus, topics: Topics, seal: BusSeal?,
        heartbeat: @escaping @LoopActor () -> Heartbeat, metrics: Metrics
    ) {
        self.core = core
        self.bus = bus
        self.topics = topics
        self.seal = seal
        self.heartbeat = heartbeat
        published = metrics.counter("chat_log_published_payloads_total", "Payloads of lines given to Redis.")
        dropped = metrics.counter(
            "chat_log_dropped_payloads_total", "Payloads not given to Redis: away, or too much was queued.")
        metrics.gauge("chat_log_redis_queued_bytes", "Published bytes that Redis has not confirmed.") {
            Double(bus.queuedBytes)
        }
        timer = LoopTimer(every: LogLimits.heartbeatInterval) { [unowned self] in publishHead() }
    }

    func publish(_ batch: LogCore.DurableBatch) {
        var lines = LineSplitter(batch.lines.pointer)
        var start = 0
        var after = batch.after
        var offset = batch.after
        var hasWithheld = false
        while let line = lines.next() {
            offset = offset.next
            let bytes = UnsafeRawBufferPointer(rebasing: batch.lines.pointer[line])
            guard Line.isIn(LogPublisher.withheldChannel, bytes) else { continue }
            hasWithheld = true
            publish(batch.lines[start..<line.lowerBound], after: after)
            start = lines.consumed
            after = offset
        }
        publish(batch.lines[start..<batch.lines.count], after: after)
        // The pods learn at once that there is something to fetch.
        if hasWithheld { publishHead() }
    }

    private static let withheldChannel: StaticString = "$accounts"

    private func publish(_ lines: ByteSlice, after: Offset) {
        BusPayload.encode(lines, epoch: core.epoch, after: after, seal: seal) { payload in
            (bus.publish(topics.log, payload) ? published : dropped).increment()
        }
    }

    func publishHead() {
        let buffer = ByteBuffer()
        var word = heartbeat()
        // Without a secret whoever repeats a heartbeat can as well make one up.
        if seal == nil { word.beat = nil }
        word.encode(seal: seal, into: buffer)
        // A heartbeat that is not taken is followed by the next one.
        _ = bus.publish(topics.head, buffer.takeSlice())
    }
}
