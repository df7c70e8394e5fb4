import Operations
import SegmentStore

/// The engine's figures, read at scrape time.
enum StoreMetrics {
    static func register(_ store: SegmentStore, in metrics: Metrics) {
        metrics.counter("chat_store_syncs_total", "Syncs of segment files.") { store.statistics.syncs }
        metrics.counter("chat_store_groups_total", "Groups of batches written and made durable together.") {
            store.statistics.groups
        }
        metrics.counter("chat_store_batches_total", "Batches made durable.") { store.statistics.batches }
        metrics.counter("chat_store_written_bytes_total", "Bytes of lines written.") {
            store.statistics.bytesWritten
        }
        metrics.counter("chat_store_refusals_total", "Groups that could not be written and were cut back.") {
            store.statistics.refusals
        }
        metrics.counter("chat_store_rolls_total", "Segments begun.") { store.statistics.rolls }
        metrics.gauge("chat_store_last_sync_seconds", "How long the last sync took.") {
            store.statistics.lastSyncDuration / .seconds(1)
        }
        metrics.gauge("chat_store_queued_bytes", "Bytes waiting to be written.") {
            Double(store.statistics.queuedBytes)
        }
        registerScrub(store, in: metrics)
    }

    private static func registerScrub(_ store: SegmentStore, in metrics: Metrics) {
        metrics.counter(
            "chat_log_scrub_damaged_total", "Places in sealed segments that are not what was written."
        ) { store.scrubReport?.damageCount ?? 0 }
        metrics.counter("chat_log_scrub_checked_bytes_total", "Bytes of sealed segments checked.") {
            store.scrubReport?.checkedBytes ?? 0
        }
        metrics.counter("chat_log_scrub_passes_total", "Times all sealed segments were checked.") {
            store.scrubReport?.passes ?? 0
        }
    }
}
