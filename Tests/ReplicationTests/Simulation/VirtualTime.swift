/// A clock that stands still between events, and what is due when. Events due at the same time come in the
/// order in which they were planned.
final class VirtualTime {
    private struct Entry {
        let due: Duration
        let number: Int
        let action: () -> Void

        func isBefore(_ other: Entry) -> Bool {
            due != other.due ? due < other.due : number < other.number
        }
    }

    private(set) var now: Duration = .zero
    private(set) var eventsRun = 0
    /// A binary heap.
    private var heap: [Entry] = []
    private var planned = 0

    func after(_ delay: Duration, _ action: @escaping () -> Void) { at(now + delay, action) }

    func at(_ due: Duration, _ action: @escaping () -> Void) {
        planned += 1
        heap.append(Entry(due: max(due, now), number: planned, action: action))
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Lets everything happen that is due until `end`, or until `isDone` holds.
    func run(until end: Duration, isDone: () -> Bool = { false }) {
        while let first = heap.first, first.due <= end, !isDone() {
            removeFirst()
            now = first.due
            eventsRun += 1
            first.action()
        }
        if !isDone() { now = max(now, end) }
    }

    private func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].isBefore(heap[least]) { least = child }
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
