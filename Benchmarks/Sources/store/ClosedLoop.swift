import Glibc
import LogLine
import Replication
import SegmentStore
import Synchronization

/// Writers that each wait for their line to be durable before they hand over the next one.
final class ClosedLoop: Sendable {
    private let store: SegmentStore
    private let lines: Lines
    private let writers: Int
    /// How many lines have been handed over.
    private let handedOver = Mutex(0)
    private let done = Counter()

    init(store: SegmentStore, lines: Lines, writers: Int) {
        self.store = store
        self.lines = lines
        self.writers = writers
    }

    /// Starts the store and returns when all lines are durable.
    func run() {
        store.start { event in
            guard case .durable(let through) = event else { fatalError("\(event)") }
            self.acknowledge(through)
        }
        handOver(upTo: writers)
        while done.value == 0 { usleep(1000) }
    }

    private func acknowledge(_ through: Offset) {
        let durable = Int(through.value)
        if durable == lines.slices.count { return done.add(1) }
        handOver(upTo: durable + writers)
    }

    private func handOver(upTo count: Int) {
        // Both the starting thread and the store's come here: the order is kept by the lock.
        handedOver.withLock { handedOver in
            while handedOver < min(count, lines.slices.count) {
                handedOver += 1
                store.append(lines.slices[handedOver - 1], through: Offset(UInt64(handedOver)), term: 1)
            }
        }
    }
}
