import LogLine

/// Batches that came over Redis before lines that precede them, by offset.
struct ReorderBuffer: Sendable {
    private struct Element: Sendable {
        let batch: LineBatch
        /// Counts what was ever inserted.
        let arrival: Int
    }

    private let bytesMax: Int
    private let batchesMax: Int
    /// Ascending by first offset from `start` on; what stands before has been taken out.
    private var elements: ContiguousArray<Element> = []
    private var start = 0
    private(set) var bytes = 0
    private(set) var arrivals = 0

    init(bytesMax: Int, batchesMax: Int) {
        self.bytesMax = bytesMax
        self.batchesMax = batchesMax
    }

    var count: Int { elements.count - start }
    var isEmpty: Bool { count == 0 }
    /// The highest offset in it.
    var last: Offset? { elements[start...].map(\.batch.last).max() }

    /// False when it does not fit: then the buffer has been emptied, and the batch was not kept either.
    mutating func insert(_ batch: LineBatch) -> Bool {
        guard count < batchesMax, bytes + batch.memoryBytes <= bytesMax else {
            removeAll()
            return false
        }
        var at = elements.count
        while at > start, elements[at - 1].batch.first > batch.first { at -= 1 }
        if at > start, elements[at - 1].batch.covers(batch) { return true }
        elements.insert(Element(batch: batch, arrival: arrivals), at: at)
        arrivals += 1
        bytes += batch.memoryBytes
        return true
    }

    /// Takes out the first batch that brings the line after `applied`, dropping what `applied` has passed.
    mutating func next(after applied: Offset) -> LineBatch? {
        while start < elements.count {
            let batch = elements[start].batch
            guard batch.first <= applied.next else { return nil }
            bytes -= batch.memoryBytes
            start += 1
            compact()
            if batch.last > applied { return batch }
        }
        return nil
    }

    /// Drops the batches inserted before `arrival` that reach beyond `head`.
    mutating func drop(before arrival: Int, beyond head: Offset) {
        keep { $0.arrival >= arrival || $0.batch.last <= head }
    }

    /// Drops what is of another epoch.
    mutating func keep(only epoch: Epoch) {
        keep { $0.batch.epoch == epoch }
    }

    mutating func removeAll() {
        elements = []
        start = 0
        bytes = 0
    }

    private mutating func keep(_ isKept: (Element) -> Bool) {
        elements = ContiguousArray(elements[start...].filter(isKept))
        start = 0
        bytes = elements.reduce(0) { $0 + $1.batch.memoryBytes }
    }

    /// Moves the rest to the front when half is gone, so that taking out costs constant time on average.
    private mutating func compact() {
        guard start * 2 > elements.count, start >= 16 || start == elements.count else { return }
        elements.removeFirst(start)
        start = 0
    }
}
