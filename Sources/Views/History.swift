import LogLine

/// The newest part of the log in memory, byte for byte as it stands in the log, with an index of it.
///
/// Lines are copied once, into blocks of 1 MiB; readers get slices of the blocks without copying. A slice
/// keeps its block alive, also after the history has dropped it.
///
/// With a bound, the oldest whole blocks are dropped as soon as the lines' bytes exceed it; the newest block
/// always stays. Reading what has been dropped throws `Trimmed`.
///
/// One owner; no locking.
public final class History {
    public let index: LogIndex
    /// Without the run-time exclusivity check, which each line would pay for: nothing is called out to.
    @exclusivity(unchecked) private var blocks: BlockList
    private let bytesMax: UInt64

    /// Empty: the first line appended will be `after.next`.
    /// - Parameters:
    ///   - digest: the log's digest at `after`.
    ///   - position: the stream position behind `after`.
    ///   - bytesMax: how many bytes of lines to keep; 0: all.
    public init(
        after: Offset = .zero, digest: Digest = .zero, position: UInt64 = 0, bytesMax: Int = 0,
        hash: ChannelHash
    ) {
        precondition(bytesMax >= 0, "a bound is not negative")
        index = LogIndex(after: after, digest: digest, position: position, hash: hash)
        self.bytesMax = bytesMax == 0 ? .max : UInt64(bytesMax)
        // A small history has small blocks, so that it is trimmed in fine steps.
        let share = max(bytesMax / ViewLimits.blocksPerHistory, ViewLimits.blockBytesMin)
        let blockBytes = bytesMax == 0 ? ViewLimits.blockBytesMax : min(share, ViewLimits.blockBytesMax)
        blocks = BlockList(position: position, blockBytes: blockBytes)
    }

    /// Takes in the line `index.last.next`.
    /// - Parameter line: with its newline, of which `scan` was made.
    public func append(_ line: UnsafeRawBufferPointer, scan: LineScan) {
        precondition(line.last == UInt8(ascii: "\n"), "a line ends with a newline")
        let channel = UnsafeRawBufferPointer(rebasing: line[scan.channel])
        let offset = index.append(
            bytes: line.count, crc: scan.crc, channel: channel, isMessage: scan.isMessage)
        precondition(offset == scan.offset, "lines come in the order of their offsets")
        if blocks.append(line, offset: offset) > bytesMax { trim() }
    }

    /// Of all lines here.
    public var bytes: UInt64 { blocks.bytes }

    /// Of all lines behind `offset`. Precondition: `offset` is not behind `index.last`.
    public func bytes(after offset: Offset) throws(Trimmed) -> UInt64 {
        try index.end - position(after: offset)
    }

    /// Stream position behind `offset`. Precondition: `offset` is not behind `index.last`.
    public func position(after offset: Offset) throws(Trimmed) -> UInt64 {
        guard offset >= index.first.previous else { throw Trimmed(first: index.first) }
        return index.position(after: offset)
    }

    /// One line with its newline. Precondition: `offset` is not behind `index.last`.
    public func slice(of offset: Offset) throws(Trimmed) -> ByteSlice {
        guard offset >= index.first else { throw Trimmed(first: index.first) }
        return blocks.slice(ofLine: index.positions(of: offset))
    }

    /// The bytes from a stream position on, at most `bytesMax`; empty at the end. Cuts lines where it must.
    public func slices(from position: UInt64, bytesMax: Int) throws(Trimmed) -> [ByteSlice] {
        guard position < index.end else { return [] }
        return try slices(of: position..<position + min(UInt64(bytesMax), index.end - position))
    }

    /// The bytes at `positions`, in slices that end where a line ends or `positions` do. Precondition: they
    /// do not reach beyond `index.end`.
    public func slices(of positions: Range<UInt64>) throws(Trimmed) -> [ByteSlice] {
        precondition(positions.upperBound <= index.end, "positions beyond the end")
        guard !positions.isEmpty else { return [] }
        guard positions.lowerBound >= blocks.start else { throw Trimmed(first: index.first) }
        return blocks.slices(of: positions)
    }

    /// The crc of a line, as it stands in it. Precondition: the line is here.
    public func crc(of offset: Offset) -> UInt32 {
        LineEnd.crc(of: blocks.slice(ofLine: index.positions(of: offset)).pointer)
    }

    /// The log's digest at `offset`. Precondition: `offset` is not behind `index.last`.
    public func digest(at offset: Offset) throws(Trimmed) -> Digest {
        guard offset >= index.first.previous else { throw Trimmed(first: index.first) }
        return index.digest(at: offset) { crc(of: $0) }
    }

    /// What all this takes: the lines' bytes, the index, and the table of blocks.
    public var memoryBytes: Int { Int(bytes) + index.indexBytes + blocks.tableBytes }

    private func trim() {
        guard let first = blocks.firstKept(bytesMax: bytesMax) else { return }
        // The digest first: it takes the crcs of lines that are about to go.
        let digest = index.digest(at: first.previous) { crc(of: $0) }
        index.drop(before: first, digest: digest)
        blocks.drop(before: first)
    }
}
