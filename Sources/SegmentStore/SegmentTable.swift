import LogLine
import Replication
import Threads

/// Which segment holds which part of the log, and their open files. Any thread.
///
/// The stream's end moves only when lines have been acknowledged, so nobody finds a byte here that may yet be
/// cut.
final class SegmentTable: Sendable {
    struct Segment {
        let first: Offset
        /// The stream position of its first byte.
        let start: UInt64
        /// Of its acknowledged lines.
        var bytes: Int

        var end: UInt64 { start + UInt64(bytes) }
    }

    private struct State {
        /// Ascending and contiguous; the last one is being written.
        var segments: [Segment]
        /// Open files by the index of their segment, the one used last at the end.
        var open: [(index: Int, file: OpenFile)] = []
    }

    private let directory: LogDirectory
    private let state: Monitor<State>

    init(directory: LogDirectory, segments: [Segment]) {
        precondition(!segments.isEmpty)
        self.directory = directory
        state = Monitor(State(segments: segments))
    }

    var streamEnd: UInt64 { state.withLock { $0.segments[$0.segments.count - 1].end } }
    var count: Int { state.withLock { $0.segments.count } }

    /// The segment of that index, counted from 0; nil for the last one, which is being written, and behind.
    func sealed(_ index: Int) -> Segment? {
        state.withLock { index < $0.segments.count - 1 ? $0.segments[index] : nil }
    }

    /// The offset of that segment's first line; nil when there is no such segment.
    func first(of index: Int) -> Offset? {
        state.withLock { index < $0.segments.count ? $0.segments[index].first : nil }
    }

    /// Of all segments but the last.
    var sealedBytes: UInt64 { state.withLock { $0.segments[$0.segments.count - 1].start } }

    /// The acknowledged part of the last segment has grown.
    func grow(by bytes: Int) {
        state.withLock { $0.segments[$0.segments.count - 1].bytes += bytes }
    }

    /// The segment before is complete.
    func roll(first: Offset) {
        state.withLock { state in
            let start = state.segments[state.segments.count - 1].end
            state.segments.append(Segment(first: first, start: start, bytes: 0))
        }
    }

    /// The file and the bytes of it that hold the beginning of `positions`, up to the file's end at most.
    ///
    /// Precondition: the positions are not empty and all acknowledged.
    func region(of positions: Range<UInt64>) throws(LogError) -> FileRegion {
        precondition(!positions.isEmpty)
        let (index, segment, cached) = state.withLock { state in
            precondition(
                positions.upperBound <= state.segments[state.segments.count - 1].end,
                "positions \(positions) are not acknowledged")
            let index = Self.index(of: positions.lowerBound, in: state.segments)
            return (index, state.segments[index], Self.cached(index, in: &state.open))
        }
        let file = if let cached { cached } else { try open(segment, index: index) }
        let offset = Int(positions.lowerBound - segment.start)
        let count = Int(min(positions.upperBound, segment.end) - positions.lowerBound)
        return FileRegion(file: file, offset: offset, count: count)
    }

    /// Opens outside of the lock, so that nobody waits for the disk in it.
    private func open(_ segment: Segment, index: Int) throws(LogError) -> OpenFile {
        let file = try directory.open(directory.segmentPath(first: segment.first), .read).handle
        state.withLock { state in
            guard Self.cached(index, in: &state.open) == nil else { return }
            if state.open.count >= StoreLimits.openSegmentsMax { state.open.removeFirst() }
            state.open.append((index, file))
        }
        return file
    }

    private static func cached(_ index: Int, in open: inout [(index: Int, file: OpenFile)]) -> OpenFile? {
        guard let place = open.lastIndex(where: { $0.index == index }) else { return nil }
        let entry = open.remove(at: place)
        open.append(entry)
        return entry.file
    }

    /// The last segment that begins at or before `position` and is not empty there.
    private static func index(of position: UInt64, in segments: [Segment]) -> Int {
        var low = 0
        var high = segments.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if segments[middle].start <= position { low = middle } else { high = middle }
        }
        return low
    }
}
