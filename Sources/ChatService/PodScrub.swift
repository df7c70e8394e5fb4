import EventLoop
import Operations
import Replication
import Views

/// Checks the lines in a pod's memory at a slow pace. What it finds damaged makes the replica begin anew.
@LoopActor
final class PodScrub {
    private let replica: Replica
    private let pace: ScrubPace
    private var scrub = HistoryScrub()
    private var timer: LoopTimer?
    private var stepBytes = 0
    /// Damage was found, and the replica has not begun anew yet: there is nothing more to find out.
    private var isOver = false
    private(set) var damageCount: UInt64 = 0

    /// Nil when `interval` is zero.
    init?(_ replica: Replica, interval: Duration) {
        guard let pace = ScrubPace(interval: interval, stepBytesMax: ScrubLimits.memoryStepBytesMax) else {
            return nil
        }
        self.replica = replica
        self.pace = pace
        timer = LoopTimer { [unowned self] in step() }
        schedule()
    }

    var passes: UInt64 { scrub.passes }
    var checkedBytes: UInt64 { scrub.checkedBytes }

    /// The replica has given up its history.
    func discarded() {
        isOver = false
        scrub.restart()
    }

    private func schedule() {
        let step = pace.step(of: replica.source.history.bytes)
        stepBytes = step.bytes
        timer?.schedule(after: step.delay)
    }

    private func step() {
        defer { schedule() }
        guard !isOver else { return }
        do throws(HistoryScrub.Damage) {
            try scrub.step(replica.source.history, bytesMax: stepBytes)
        } catch {
            isOver = true
            damageCount += 1
            replica.foundDamage(error)
        }
    }
}

extension PodScrub {
    /// Of a pod that checks nothing, too: then they stay 0.
    static func register(_ scrub: PodScrub?, in metrics: Metrics) {
        metrics.counter("chat_pod_scrub_damaged_total", "Times a line in memory was found damaged.") {
            scrub?.damageCount ?? 0
        }
        metrics.counter("chat_pod_scrub_checked_bytes_total", "Bytes of lines in memory checked.") {
            scrub?.checkedBytes ?? 0
        }
        metrics.counter("chat_pod_scrub_passes_total", "Times all lines in memory were checked.") {
            scrub?.passes ?? 0
        }
    }
}
