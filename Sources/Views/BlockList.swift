import LogLine

/// Lines in blocks of memory, filled front to back.
///
/// A line never spans two blocks, and one that is larger than a block gets its own. What is left over at a
/// block's end is never touched, so it takes no memory. Slices share the blocks and keep them alive.
struct BlockList {
    private struct Block {
        let memory: ByteBlock
        /// Stream position of its first byte.
        let start: UInt64
        /// Its first line.
        let first: Offset
    }

    /// In stream order, without gaps between them.
    private var blocks: [Block] = []
    private let blockBytes: Int
    /// Of the newest block.
    private var used = 0
    private var capacity = 0
    /// Stream position behind the last line.
    private(set) var end: UInt64

    init(position: UInt64, blockBytes: Int) {
        end = position
        self.blockBytes = blockBytes
    }

    /// Stream position of the first byte here.
    var start: UInt64 { blocks.first?.start ?? end }
    var bytes: UInt64 { end - start }
    /// What the table takes, without the blocks.
    var tableBytes: Int { blocks.capacity * MemoryLayout<Block>.stride + ArrayMemory.headerBytes }

    /// Returns how many bytes of lines are here now.
    /// - Parameter offset: of this line.
    mutating func append(_ line: UnsafeRawBufferPointer, offset: Offset) -> UInt64 {
        if line.count > capacity - used { beginBlock(first: offset, lineBytes: line.count) }
        let room = UnsafeMutableRawBufferPointer(
            start: blocks[blocks.count - 1].memory.base + used, count: line.count)
        room.copyMemory(from: line)
        used += line.count
        end += UInt64(line.count)
        return bytes
    }

    /// The first line that stays when blocks are dropped until no more than `bytesMax` are left, or only the
    /// newest block; nil when nothing needs to be dropped.
    func firstKept(bytesMax: UInt64) -> Offset? {
        guard bytes > bytesMax else { return nil }
        let kept = blocks.firstIndex { end - $0.start <= bytesMax } ?? blocks.count - 1
        return kept == 0 ? nil : blocks[kept].first
    }

    /// Drops the blocks before the one that begins with the line `first`.
    mutating func drop(before first: Offset) {
        blocks.removeFirst(partitionPoint(0..<blocks.count) { blocks[$0].first >= first })
    }

    /// Precondition: `positions` are one line's, which is here.
    func slice(ofLine positions: Range<UInt64>) -> ByteSlice {
        let block = blocks[number(of: positions.lowerBound)]
        return ByteSlice(
            block: block.memory, start: Int(positions.lowerBound - block.start), count: positions.count)
    }

    /// Precondition: `positions` are within `start..<end`, and not empty.
    func slices(of positions: Range<UInt64>) -> [ByteSlice] {
        var slices: [ByteSlice] = []
        var number = number(of: positions.lowerBound)
        var at = positions.lowerBound
        while at < positions.upperBound {
            let block = blocks[number]
            number += 1
            let blockEnd = number < blocks.count ? blocks[number].start : end
            let count = Int(min(blockEnd, positions.upperBound) - at)
            slices.append(ByteSlice(block: block.memory, start: Int(at - block.start), count: count))
            at += UInt64(count)
        }
        return slices
    }

    private mutating func beginBlock(first: Offset, lineBytes: Int) {
        capacity = max(blockBytes, lineBytes)
        used = 0
        blocks.append(Block(memory: ByteBlock(capacity: capacity), start: end, first: first))
    }

    /// The block that holds `position`. Precondition: it is not before the first block.
    private func number(of position: UInt64) -> Int {
        partitionPoint(0..<blocks.count) { blocks[$0].start > position } - 1
    }
}
