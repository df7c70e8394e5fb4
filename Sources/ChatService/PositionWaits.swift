import EventLoop
import LogLine
import Replication

/// Reads that wait until the pod has applied a position (read-your-writes across pods).
@LoopActor
final class PositionWaits {
    enum Outcome {
        case reached
        case timedOut
        /// The log became another one meanwhile.
        case superseded
    }

    private struct Wait {
        let offset: Offset
        let timer: LoopTimer
        let completion: @LoopActor (Outcome) -> Void
    }

    private var waits = [Int: Wait]()
    private var lastNumber = 0
    /// The least offset that is waited for.
    private var leastOffset: Offset?

    var count: Int { waits.count }

    /// False: too many wait already.
    func add(
        _ offset: Offset, timeout: Duration, _ completion: @escaping @LoopActor (Outcome) -> Void
    ) -> Bool {
        guard waits.count < PodLimits.waitingReadsMax else { return false }
        lastNumber += 1
        let number = lastNumber
        let timer = LoopTimer { [weak self] in
            self?.waits.removeValue(forKey: number)?.completion(.timedOut)
        }
        timer.schedule(after: timeout)
        waits[number] = Wait(offset: offset, timer: timer, completion: completion)
        leastOffset = min(leastOffset ?? offset, offset)
        return true
    }

    func applied(_ offset: Offset) {
        guard let leastOffset, leastOffset <= offset else { return }
        let reached = waits.filter { $0.value.offset <= offset }
        for number in reached.keys { waits[number] = nil }
        self.leastOffset = waits.values.map(\.offset).min()
        for wait in reached.values { wait.completion(.reached) }
    }

    func discarded() {
        let all = waits.values
        waits = [:]
        leastOffset = nil
        for wait in all { wait.completion(.superseded) }
    }
}
