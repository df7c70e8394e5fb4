import LogLine
import Replication
import Threads

/// Checks the sealed segments again and again on a thread of its own, at a pace that leaves the disk to
/// others; so a slow disk delays nobody but it.
final class SegmentScrubber: Sendable {
    private struct State {
        var isClosing = false
        var report = ScrubReport()
    }

    private let table: SegmentTable
    private let directory: LogDirectory
    private let pace: ScrubPace
    private let state = Monitor(State())

    init(table: SegmentTable, directory: LogDirectory, pace: ScrubPace) {
        self.table = table
        self.directory = directory
        self.pace = pace
    }

    var report: ScrubReport { state.withLock { $0.report } }

    /// `onDamage` is called on the thread, once for each place.
    func start(onDamage: @escaping @Sendable (ScrubReport.Damage) -> Void) -> OwnedThread {
        OwnedThread(name: "log scrubber") { self.run(onDamage) }
    }

    /// What is being read is still finished, then the thread ends.
    func close() { state.broadcast { $0.isClosing = true } }

    private func run(_ onDamage: @Sendable (ScrubReport.Damage) -> Void) {
        var scrub = SegmentScrub(
            table: table, directory: directory, bytesMax: ScrubLimits.diskStepBytesMax)
        while true {
            let step = pace.step(of: table.sealedBytes)
            let due = SystemClock.monotonic + step.delay
            guard state.wait(until: due, for: { $0.isClosing ? true : nil }) == nil else { return }
            let finding = scrub.step(step.bytes) { damage in
                if state.withLock({ $0.report.add(damage) }) { onDamage(damage) }
            }
            state.withLock { state in
                switch finding {
                case .checked(let bytes): state.report.checked(bytes: bytes)
                case .endOfPass: state.report.endPass()
                }
            }
        }
    }
}
