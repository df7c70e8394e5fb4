import EventLoop
import Operations
import Replication

/// Holds reports back, each by its own time: for experiments with slow networks.
///
/// A report says what was applied when it was made. One that is overtaken by a newer one is passed over by
/// the log, as on a real network.
@LoopActor
final class DelayedReports {
    let delay: SimulatedDelay
    private var held = [(due: Duration, report: ReplicaReport)]()
    private var timer: PreciseTimer?
    private var send: (@LoopActor (ReplicaReport) -> Void)?

    static let heldMax = 10_000

    init(_ delay: SimulatedDelay) {
        self.delay = delay
        timer = PreciseTimer { [unowned self] in sendDue() }
    }

    func hold(_ report: ReplicaReport, _ send: @escaping @LoopActor (ReplicaReport) -> Void) {
        // What is dropped here is like a report that got lost.
        guard held.count < DelayedReports.heldMax else { return }
        self.send = send
        held.append((LoopClock.monotonic + delay.draw(), report))
        schedule()
    }

    private func sendDue() {
        let now = LoopClock.monotonic
        let due = held.filter { $0.due <= now }.sorted { $0.due < $1.due }
        held.removeAll { $0.due <= now }
        for (_, report) in due { send?(report) }
        schedule()
    }

    private func schedule() {
        guard let next = held.map(\.due).min() else { return }
        timer?.schedule(after: next - LoopClock.monotonic)
    }
}
