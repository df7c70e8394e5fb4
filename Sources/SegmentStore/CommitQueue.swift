import LogLine

/// The batches that wait for the writer, by term.
struct CommitQueue {
    private struct Batch {
        let lines: ByteSlice
        let through: Offset
        let term: UInt64
    }

    /// What the writer is to do next.
    enum Work {
        case write(WriteGroup, term: UInt64)
        case close
    }

    private(set) var bytes = 0
    private var batches: [Batch] = []
    /// Batches up to this term were refused; they may still come in.
    private var refusedTerm: UInt64?
    private var isClosing = false
    private var isDead = false

    /// False when the batch is dropped: its term was refused, or the store has ended.
    mutating func add(_ lines: ByteSlice, through: Offset, term: UInt64) -> Bool {
        guard !isDead, !isClosing, !isRefused(term) else { return false }
        batches.append(Batch(lines: lines, through: through, term: term))
        bytes += lines.count
        return true
    }

    /// Takes all that wait, up to `StoreLimits.groupBytesMax` and at least one; nil when there is nothing to
    /// do.
    mutating func take() -> Work? {
        guard let term = batches.first?.term else { return isClosing ? .close : nil }
        var group = WriteGroup()
        var taken = 0
        for batch in batches.lazy.prefix(while: { $0.term == term }) {
            let fits = group.bytes + batch.lines.count <= StoreLimits.groupBytesMax
            guard fits || taken == 0 else { break }
            group.add(batch.lines, through: batch.through)
            taken += 1
        }
        batches.removeFirst(taken)
        bytes -= group.bytes
        return .write(group, term: term)
    }

    /// Drops what waits of `term`, and whatever of it will come.
    mutating func refuse(_ term: UInt64) {
        refusedTerm = max(refusedTerm ?? 0, term)
        batches = batches.filter { !isRefused($0.term) }
        bytes = batches.reduce(0) { $0 + $1.lines.count }
    }

    /// Everything that waits is still to be written, nothing more is taken in.
    mutating func close() { isClosing = true }

    /// Nothing is to be written any more.
    mutating func die() {
        isDead = true
        batches = []
        bytes = 0
    }

    private func isRefused(_ term: UInt64) -> Bool { refusedTerm.map { term <= $0 } ?? false }
}
