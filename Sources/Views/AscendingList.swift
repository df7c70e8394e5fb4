/// Strictly ascending 64-bit numbers in about 4 bytes each.
///
/// Kept in chunks: each number is its distance from its chunk's first number in 32 bits; where a distance
/// does not fit, a new chunk begins. A chunk never moves once it is full, so a long list never pays for a
/// copy of itself; a short one takes little.
///
/// Indices are absolute: they count everything that was ever appended, also after the front has been dropped,
/// so an index keeps its meaning while the list grows at one end and is trimmed at the other.
struct AscendingList {
    private struct Chunk {
        let base: UInt64
        let firstIndex: Int
        var distances: [UInt32]

        var endIndex: Int { firstIndex + distances.count }

        func number(at index: Int) -> UInt64 { base + UInt64(distances[index - firstIndex]) }
    }

    private var chunks: [Chunk] = []
    /// Of the first number that has not been dropped.
    private(set) var firstIndex: Int
    /// One past the last number's.
    private(set) var endIndex: Int
    /// The least number that may come next.
    private var nextMin: UInt64 = 0

    /// Empty; the first number appended gets the index `startIndex`.
    init(startIndex: Int = 0) {
        firstIndex = startIndex
        endIndex = startIndex
    }

    var count: Int { endIndex - firstIndex }
    var isEmpty: Bool { firstIndex == endIndex }

    /// Precondition: greater than every number before it, and below `UInt64.max`.
    mutating func append(_ number: UInt64) {
        precondition(number >= nextMin && number < .max, "numbers must ascend")
        nextMin = number + 1
        endIndex += 1
        let latest = chunks.count - 1
        if latest >= 0, chunks[latest].distances.count < ViewLimits.chunkEntriesMax {
            let distance = number - chunks[latest].base
            if distance <= UInt64(UInt32.max) {
                grow(latest)
                chunks[latest].distances.append(UInt32(truncatingIfNeeded: distance))
                return
            }
        }
        appendChunk(number)
    }

    /// Precondition: `index` is in `firstIndex..<endIndex`. Constant time as long as chunks are full.
    subscript(index: Int) -> UInt64 {
        precondition(index >= firstIndex && index < endIndex, "index outside of the list")
        return chunks[chunkNumber(of: index)].number(at: index)
    }

    /// The index of the first number that is at least `number`; `endIndex` when there is none.
    func index(notBelow number: UInt64) -> Int {
        let behind = Self.partitionPoint(0..<chunks.count) { chunks[$0].base >= number }
        guard behind > 0 else { return firstIndex }
        let chunk = chunks[behind - 1]
        let place = Self.partitionPoint(0..<chunk.distances.count) {
            chunk.base + UInt64(chunk.distances[$0]) >= number
        }
        return max(firstIndex, chunk.firstIndex + place)
    }

    /// Forgets all numbers below `number` and frees the chunks that held nothing else.
    mutating func drop(below number: UInt64) {
        firstIndex = index(notBelow: number)
        let kept = chunks.firstIndex { $0.endIndex > firstIndex } ?? chunks.count
        if kept > 0 { chunks.removeFirst(kept) }
    }

    /// Heap memory, with the headers of its arrays.
    var bytes: Int {
        let headers = (chunks.count + 1) * ArrayMemory.headerBytes
        let table = chunks.capacity * MemoryLayout<Chunk>.stride
        return chunks.reduce(headers + table) { $0 + $1.distances.capacity * MemoryLayout<UInt32>.stride }
    }

    private mutating func appendChunk(_ number: UInt64) {
        var distances: [UInt32] = []
        let share = min(count / 8, ViewLimits.chunkEntriesMax)
        distances.reserveCapacity(max(share, ViewLimits.chunkEntriesMin))
        distances.append(0)
        chunks.append(Chunk(base: number, firstIndex: endIndex - 1, distances: distances))
    }

    /// Makes room for one more entry by half as much again: less slack than doubling.
    private mutating func grow(_ chunk: Int) {
        let count = chunks[chunk].distances.count
        guard count == chunks[chunk].distances.capacity else { return }
        chunks[chunk].distances.reserveCapacity(min(count + count / 2 + 1, ViewLimits.chunkEntriesMax))
    }

    private func chunkNumber(of index: Int) -> Int {
        let guess = (index - chunks[0].firstIndex) / ViewLimits.chunkEntriesMax
        // Chunks hold at most what the guess assumes, so the right one is never before it.
        if index < chunks[guess].endIndex { return guess }
        return Self.partitionPoint(guess..<chunks.count) { chunks[$0].firstIndex > index } - 1
    }

    /// The first of `range` for which `isBehind` holds (it must go on to hold), or the range's end.
    private static func partitionPoint(_ range: Range<Int>, where isBehind: (Int) -> Bool) -> Int {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = low + (high - low) / 2
            if isBehind(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// What an array costs beside its elements.
enum ArrayMemory {
    /// The array's own header and the allocator's.
    static let headerBytes = 48
}
