import EventLoop
import Operations

/// What a pod tells of its keys and counters.
enum KeyValueMetrics {
    @LoopActor
    static func register(_ replica: Replica, in metrics: Metrics) {
        metrics.gauge("chat_pod_keys", "Keys that have a value.") { Double(replica.source.keyValues.count) }
        metrics.gauge("chat_pod_counters", "Counters that were added to.") {
            Double(replica.source.keyValues.counterCount)
        }
        metrics.gauge("chat_pod_key_value_bytes", "Memory of keys, values and counters.") {
            Double(replica.source.keyValues.memoryBytes)
        }
        metrics.counter(
            "chat_pod_skipped_key_value_lines_total", "Lines of keys and counters that made no sense."
        ) { UInt64(replica.source.keyValues.skippedLines) }
    }
}
