import LogLine

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The newest part of the log in memory, byte for byte as it stands in the log, with an index of it.
///
/// Lines are copied once into blocks of 1 MiB, filled front to back; a line never spans two blocks, and one
/// that is larger than a block gets its own. Readers get slices of the blocks without copying; a slice keeps
/// its block alive, also after the history has dropped it. What is left over at a block's end has never been
/// touched and so takes no memory.
///
/// With a bound, the oldest whole blocks are dropped as soon as the lines' bytes exceed it; the newest block
/// always stays. Reading what has been dropped throws `Trimmed`.
///
/// One owner; no locking.
public final class History {
    private struct Block {
        let memory: ByteBlock
        /// Stream position of its first byte.
        let start: UInt64
        /// Its first line.
        let first: Offset
        var used = 0

        var end: UInt64 { start + UInt64(used) }
    }

    public let index: LogIndex
    /// In stream order, without gaps between them.
    private var blocks: [Block] = []
    /// 0: no bound.
    private let bytesMax: UInt64
    private let blockBytes: Int

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
        self.bytesMax = UInt64(bytesMax)
        let share = max(bytesMax / ViewLimits.blocksPerHistory, ViewLimits.blockBytesMin)
        blockBytes = bytesMax == 0 ? ViewLimits.blockBytesMax : min(share, ViewLimits.blockBytesMax)
    }

    /// Takes in the line `index.last.next`.
    /// - Parameter line: with its newline, of which `scan` was made.
    public func append(_ line: UnsafeRawBufferPointer, scan: LineScan) {
        precondition(scan.offset == index.last.next, "lines come in the order of their offsets")
        precondition(line.last == UInt8(ascii: "\n"), "a line ends with a newline")
        copy(line)
        let channel = UnsafeRawBufferPointer(rebasing: line[scan.channel])
        index.append(bytes: line.count, crc: scan.crc, channel: channel, isMessage: scan.isMessage)
        if bytesMax > 0, bytes > bytesMax { trim() }
    }

    /// Of all lines here.
    public var bytes: UInt64 { index.end - (blocks.first?.start ?? index.end) }

    /// Of all lines behind `offset`.
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
        return slice(ofRetained: offset)
    }

    /// The bytes from a stream position on, at most `bytesMax`; empty at the end. Cuts lines where it must.
    public func slices(from position: UInt64, bytesMax: Int) throws(Trimmed) -> [ByteSlice] {
        guard position < index.end else { return [] }
        return try slices(of: position..<position + min(UInt64(bytesMax), index.end - position))
    }

    /// The bytes at `positions`. Precondition: they do not reach beyond `index.end`.
    public func slices(of positions: Range<UInt64>) throws(Trimmed) -> [ByteSlice] {
        guard !positions.isEmpty else { return [] }
        precondition(positions.upperBound <= index.end, "positions beyond the end")
        guard let first = blocks.first, positions.lowerBound >= first.start else {
            throw Trimmed(first: index.first)
        }
        var slices: [ByteSlice] = []
        var at = blockNumber(of: positions.lowerBound)
        while at < blocks.count, blocks[at].start < positions.upperBound {
            let block = blocks[at]
            let part = positions.clamped(to: block.start..<block.end)
            slices.append(
                ByteSlice(block: block.memory, start: Int(part.lowerBound - block.start), count: part.count))
            at += 1
        }
        return slices
    }

    /// The crc of a line, as it stands in it. Precondition: the line is here.
    public func crc(of offset: Offset) -> UInt32 {
        LineSuffix.crc(of: slice(ofRetained: offset).pointer)
    }

    /// The log's digest at `offset`. Precondition: `offset` is not behind `index.last`.
    public func digest(at offset: Offset) throws(Trimmed) -> Digest {
        guard offset >= index.first.previous else { throw Trimmed(first: index.first) }
        return index.digest(at: offset) { crc(of: $0) }
    }

    /// What all this takes: the lines' bytes, the index, and the table of blocks.
    public var memoryBytes: Int {
        Int(bytes) + index.indexBytes + blocks.capacity * MemoryLayout<Block>.stride + ArrayMemory.headerBytes
    }

    private func copy(_ line: UnsafeRawBufferPointer) {
        guard let source = line.baseAddress else { return }
        if blocks.isEmpty
            || blocks[blocks.count - 1].used + line.count > blocks[blocks.count - 1].memory.capacity
        {
            let memory = ByteBlock(capacity: max(blockBytes, line.count))
            blocks.append(Block(memory: memory, start: index.end, first: index.last.next))
        }
        let latest = blocks.count - 1
        memcpy(blocks[latest].memory.base + blocks[latest].used, source, line.count)
        blocks[latest].used += line.count
    }

    private func trim() {
        var dropped = 0
        while dropped < blocks.count - 1, index.end - blocks[dropped].start > bytesMax { dropped += 1 }
        guard dropped > 0 else { return }
        // The index first: it asks for crcs of lines that are about to go.
        index.drop(before: blocks[dropped].first) { crc(of: $0) }
        blocks.removeFirst(dropped)
    }

    private func slice(ofRetained offset: Offset) -> ByteSlice {
        let positions = index.positions(of: offset)
        let block = blocks[blockNumber(of: positions.lowerBound)]
        return ByteSlice(
            block: block.memory, start: Int(positions.lowerBound - block.start), count: positions.count)
    }

    /// The block that holds `position`. Precondition: it is not before the first block.
    private func blockNumber(of position: UInt64) -> Int {
        var low = 0
        var high = blocks.count
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if blocks[middle].start <= position { low = middle } else { high = middle }
        }
        return low
    }
}

/// The fixed end of every line: `,"crc":"xxxxxxxx"}` and the newline.
enum LineSuffix {
    private static let digits = 8
    /// `"}` and the newline.
    private static let behindDigits = 3

    /// Precondition: `line` is a whole valid line with its newline.
    static func crc(of line: UnsafeRawBufferPointer) -> UInt32 {
        let end = line.count - behindDigits
        var value: UInt32 = 0
        for at in end - digits..<end {
            let byte = line[at]
            let digit =
                byte <= UInt8(ascii: "9") ? byte &- UInt8(ascii: "0") : byte &- UInt8(ascii: "a") &+ 10
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
