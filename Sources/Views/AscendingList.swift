/// Strictly ascending 64-bit numbers in about 4 bytes each.
///
/// Kept in chunks: each number is its distance from its chunk's first number in 32 bits; where a distance
/// does not fit, a new chunk begins. A chunk never moves once it is full, so a long list never pays for a
/// copy of itself; a short one takes little.
///
/// Indices are absolute: they count everything that was ever appended, also after the front has been dropped.
struct AscendingList {
    private struct Chunk {
        let base: UInt64
        let firstIndex: Int
        var distances: [UInt32] = []

        var endIndex: Int { firstIndex + distances.count }
        var bytes: Int { distances.capacity * MemoryLayout<UInt32>.stride + ArrayMemory.headerBytes }

        func number(at index: Int) -> UInt64 { base + UInt64(distances[index - firstIndex]) }

        func index(notBelow number: UInt64) -> Int {
            firstIndex + partitionPoint(0..<distances.count) { base + UInt64(distances[$0]) >= number }
        }
    }

    /// All chunks but the newest.
    private var sealed: [Chunk] = []
    private var newest: Chunk
    /// How many numbers the newest chunk takes.
    private var newestEntriesMax = ViewLimits.chunkEntriesMax
    /// The least number that may come next.
    private var nextMin: UInt64 = 0
    private var isTrimmed = false
    /// Of the first number that has not been dropped.
    private(set) var firstIndex: Int

    /// Empty; the first number appended gets the index `startIndex`.
    init(startIndex: Int = 0) {
        firstIndex = startIndex
        newest = Chunk(base: 0, firstIndex: startIndex)
    }

    /// One past the last number's.
    var endIndex: Int { newest.endIndex }
    var count: Int { endIndex - firstIndex }
    var isEmpty: Bool { firstIndex == endIndex }

    /// Precondition: greater than every number before it, and below `UInt64.max`.
    mutating func append(_ number: UInt64) {
        precondition(number >= nextMin && number < .max, "numbers must ascend")
        nextMin = number + 1
        let count = newest.distances.count
        if count == newest.distances.capacity || count >= newestEntriesMax { makeRoom(for: number) }
        if number - newest.base > UInt64(UInt32.max) { beginChunk(number) }
        newest.distances.append(UInt32(truncatingIfNeeded: number - newest.base))
    }

    /// Precondition: `index` is in `firstIndex..<endIndex`. Constant time as long as chunks are full.
    subscript(index: Int) -> UInt64 {
        precondition(index >= firstIndex && index < endIndex, "index outside of the list")
        if index >= newest.firstIndex { return newest.number(at: index) }
        return sealed[sealedChunk(of: index)].number(at: index)
    }

    /// The index of the first number that is at least `number`; `endIndex` when there is none.
    func index(notBelow number: UInt64) -> Int {
        if sealed.isEmpty || number >= newest.base { return max(firstIndex, newest.index(notBelow: number)) }
        let behind = partitionPoint(0..<sealed.count) { sealed[$0].base >= number }
        return behind == 0 ? firstIndex : max(firstIndex, sealed[behind - 1].index(notBelow: number))
    }

    /// Forgets all numbers below `number` and frees the chunks that held nothing else.
    mutating func drop(below number: UInt64) {
        let first = index(notBelow: number)
        guard first > firstIndex else { return }
        firstIndex = first
        isTrimmed = true
        limitNewest()
        let kept = sealed.firstIndex { $0.endIndex > first } ?? sealed.count
        if kept > 0 { sealed.removeFirst(kept) }
        if isEmpty { newest = Chunk(base: 0, firstIndex: first) }
    }

    /// Heap memory, with the headers of its arrays.
    var bytes: Int {
        let table =
            sealed.capacity * MemoryLayout<Chunk>.stride + (sealed.isEmpty ? 0 : ArrayMemory.headerBytes)
        return sealed.reduce(table + newest.bytes) { $0 + $1.bytes }
    }

    /// Where the front is dropped chunks are a part of the list at most, so that they become free one by one.
    private mutating func limitNewest() {
        guard isTrimmed else { return }
        newestEntriesMax = min(max(count / 4, ViewLimits.chunkEntriesMin), ViewLimits.chunkEntriesMax)
    }

    private mutating func makeRoom(for number: UInt64) {
        let count = newest.distances.count
        guard count > 0, count < newestEntriesMax else { return beginChunk(number) }
        // Half as much again: less slack than doubling.
        newest.distances.reserveCapacity(min(count + count / 2 + 1, newestEntriesMax))
    }

    private mutating func beginChunk(_ number: UInt64) {
        limitNewest()
        let reserve = max(min(count / 8, newestEntriesMax), ViewLimits.chunkReserve)
        if !newest.distances.isEmpty { sealed.append(newest) }
        newest = Chunk(base: number, firstIndex: newest.endIndex)
        newest.distances.reserveCapacity(reserve)
    }

    private func sealedChunk(of index: Int) -> Int {
        // Chunks hold at most what the guess assumes, so the right one is never before it.
        let guess = (index - sealed[0].firstIndex) / ViewLimits.chunkEntriesMax
        if index < sealed[guess].endIndex { return guess }
        return partitionPoint(guess..<sealed.count) { sealed[$0].firstIndex > index } - 1
    }
}

/// The first of `range` for which `isBehind` holds (it must go on to hold), or the range's end.
func partitionPoint(_ range: Range<Int>, where isBehind: (Int) -> Bool) -> Int {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high {
        let middle = low + (high - low) / 2
        if isBehind(middle) { high = middle } else { low = middle + 1 }
    }
    return low
}

/// What an array costs beside its elements.
enum ArrayMemory {
    /// The array's own header and the allocator's.
    static let headerBytes = 48
}
