import LogLine

/// Whole, verified lines of one epoch with contiguous offsets, at least one.
public struct LineBatch: Sendable {
    public struct Line: Sendable {
        /// Where in `bytes` the line stands, with its newline.
        public let range: Range<Int>
        public let scan: LineScan

        public init(range: Range<Int>, scan: LineScan) {
            self.range = range
            self.scan = scan
        }
    }

    public let epoch: Epoch
    public let first: Offset
    /// All lines, each with its newline.
    public let bytes: ByteSlice
    public let lines: ContiguousArray<Line>

    /// Precondition: `lines` is not empty; their offsets are contiguous from `first` on.
    public init(epoch: Epoch, first: Offset, bytes: ByteSlice, lines: ContiguousArray<Line>) {
        precondition(!lines.isEmpty)
        self.epoch = epoch
        self.first = first
        self.bytes = bytes
        self.lines = lines
    }

    public var count: Int { lines.count }
    public var last: Offset { first + (lines.count - 1) }

    /// What keeping it costs.
    var memoryBytes: Int { bytes.count + lines.count * MemoryLayout<Line>.stride }

    /// Whether it brings every line of `other`, which begins no earlier.
    func covers(_ other: LineBatch) -> Bool {
        epoch == other.epoch && first <= other.first && last >= other.last
    }
}
