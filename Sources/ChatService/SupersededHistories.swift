import EventLoop
import LogLine

/// Histories of logs that were ours and are not any more, kept readable for a while so that a lost volume
/// does not take the last copies with it.
///
/// At most two: the longest one (what a restore wants back) and the newest one (what was written since).
/// Where memory is bounded, both stay only while together they take a quarter more than the bound; else the
/// longest.
@LoopActor
public final class SupersededHistories {
    private struct Kept {
        let source: HistorySource
        let timer: LoopTimer
    }

    private let retention: Duration
    /// Of a pod's history; 0: none.
    private let bytesMax: UInt64
    private var kept = [Kept]()

    /// - Parameter historyBytesMax: how much of a history a pod keeps in memory; 0: all.
    public init(retention: Duration, historyBytesMax: Int) {
        self.retention = retention
        bytesMax = UInt64(historyBytesMax)
    }

    /// The oldest first.
    var epochs: [Epoch] { kept.compactMap(\.source.epoch) }

    subscript(epoch: Epoch) -> HistorySource? { kept.last { $0.source.epoch == epoch }?.source }

    func removeAll() { kept = [] }

    func add(_ source: HistorySource) {
        guard !source.index.isEmpty else { return }
        let timer = LoopTimer { [weak self] in self?.kept.removeAll { $0.source === source } }
        timer.schedule(after: retention)
        kept.append(Kept(source: source, timer: timer))
        guard let longest = kept.max(by: { $0.source.index.last < $1.source.index.last })?.source else {
            return
        }
        kept.removeAll { $0.source !== longest && $0.source !== source }
        let bytes = kept.reduce(0) { $0 + $1.source.history.bytes }
        if bytesMax > 0, bytes > bytesMax + bytesMax / 4 { kept.removeAll { $0.source !== longest } }
    }
}
