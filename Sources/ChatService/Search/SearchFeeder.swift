import EventLoop
import LogLine
import Views

/// Keeps the index of texts up to date from the pod's memory, behind the pod's readiness and one batch at a
/// time: lines that came meanwhile wait in memory, so nothing is queued for the index. A few lines wait for
/// more, or for somebody who searches: taking in one by itself costs as much as delivering it.
///
/// When memory drops its oldest lines, the index keeps them (they are not shown) until they are more than
/// what memory holds; then it starts anew.
@LoopActor
final class SearchFeeder {
    let index: any TextIndex
    private let replica: Replica
    private var fold = TextFold()
    /// The next line to take in.
    private(set) var next = Offset(1)
    /// The first line that the index was given.
    private var first = Offset(1)
    private var isBusy = false
    private var isScheduled = false
    private var timer: LoopTimer?
    /// Why the index is of no use; nil: it is.
    private(set) var trouble: TextIndexError?

    init(replica: Replica, index: any TextIndex) {
        self.replica = replica
        self.index = index
        timer = LoopTimer { [unowned self] in
            isScheduled = false
            if !isBusy { feed() }
        }
    }

    /// Lines were applied, or the pod became ready.
    func advance() {
        guard replica.isReady, !isBusy, !isScheduled, trouble == nil, next <= replica.source.index.last
        else { return }
        isScheduled = true
        let isBatch = replica.source.index.last - next >= SearchLimits.batchLinesMax
        timer?.schedule(after: isBatch ? SearchLimits.batchPause : SearchLimits.gatherTime)
    }

    /// Somebody searches: what waits is taken in first, up to a batch.
    func hurry() {
        guard replica.isReady, !isBusy, trouble == nil else { return }
        feed()
    }

    /// The log became another one.
    func discarded() { startAnew(from: Offset(1)) }

    // MARK: Private

    private func startAnew(from offset: Offset) {
        index.clear()
        fold = TextFold()
        first = offset
        next = offset
        trouble = nil
    }

    private func feed() {
        let source = replica.source
        skipDropped(source)
        guard next <= source.index.last else { return }
        var changes: [TextChange] = []
        var bytes = 0
        let end = min(source.index.last, next + (SearchLimits.batchLinesMax - 1))
        while next <= end, bytes < SearchLimits.batchBytesMax,
            // Whatever memory has dropped is skipped with the next batch.
            let line = try? source.history.slice(of: next)
        {
            fold.take(UnsafeRawBufferPointer(rebasing: line.pointer.dropLast()), into: &changes) {
                original($0, source)
            }
            bytes += line.count
            next = next.next
        }
        isBusy = true
        index.apply(changes, through: next.previous) { error in
            EventLoop.shared.execute { [self] in
                isBusy = false
                trouble = error
                advance()
            }
        }
    }

    private func skipDropped(_ source: HistorySource) {
        let kept = source.index.first
        let dropped = kept > first ? kept - first : 0
        if dropped > max(source.index.count, SearchLimits.droppedLinesMin) {
            startAnew(from: kept)
        } else if next < kept {
            next = kept
        }
    }

    /// Nil also for what memory has dropped: that is not shown any more, whatever the index says.
    private func original(_ offset: Offset, _ source: HistorySource) -> [UInt8]? {
        guard offset >= first, let line = try? source.history.slice(of: offset) else { return nil }
        return TextFold.text(of: UnsafeRawBufferPointer(rebasing: line.pointer.dropLast()))
    }
}
