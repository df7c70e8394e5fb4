import EventLoop
import LogLine
import Replication

/// Who waits until the pod has applied a position: reads that ask for one, and answers to writes that are to
/// be seen at once.
///
/// In the order of their offsets, as writes mostly come: taking one in and letting it go costs the same
/// whether one waits or thousands do. One timer serves all.
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
        let due: Duration
        let completion: @LoopActor (Outcome) -> Void
    }

    /// Ascending.
    private var waits = [Wait]()
    private lazy var timer = LoopTimer { [weak self] in self?.giveUpOld() }
    /// When the timer fires; nil: it does not.
    private var timerDue: Duration?

    var count: Int { waits.count }

    /// False: too many wait already.
    func add(
        _ offset: Offset, timeout: Duration, _ completion: @escaping @LoopActor (Outcome) -> Void
    ) -> Bool {
        guard waits.count < PodLimits.waitingReadsMax else { return false }
        let wait = Wait(offset: offset, due: LoopClock.monotonic + timeout, completion: completion)
        waits.insert(wait, at: count(upTo: offset))
        schedule(wait.due)
        return true
    }

    func applied(_ offset: Offset) {
        guard let first = waits.first, first.offset <= offset else { return }
        let count = count(upTo: offset)
        let reached = waits[..<count]
        waits.removeFirst(count)
        for wait in reached { wait.completion(.reached) }
    }

    func discarded() {
        let all = waits
        waits = []
        for wait in all { wait.completion(.superseded) }
    }

    /// How many wait for `offset` or less.
    private func count(upTo offset: Offset) -> Int {
        var low = 0
        var high = waits.count
        // The newest, mostly.
        if let last = waits.last, last.offset <= offset { return high }
        while low < high {
            let middle = (low + high) / 2
            if waits[middle].offset <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func schedule(_ due: Duration) {
        if let timerDue, timerDue <= due { return }
        timerDue = due
        timer.schedule(after: due - LoopClock.monotonic)
    }

    private func giveUpOld() {
        timerDue = nil
        let now = LoopClock.monotonic
        let old = waits.filter { $0.due <= now }
        waits.removeAll { $0.due <= now }
        if let next = waits.lazy.map(\.due).min() { schedule(next) }
        for wait in old { wait.completion(.timedOut) }
    }
}
