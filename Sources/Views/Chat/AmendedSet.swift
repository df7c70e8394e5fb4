import LogLine

/// A set of offsets that says quickly that none of a long range is in it. Bits in chunks of 4,096 offsets; a
/// chunk without any takes nothing.
struct AmendedSet {
    private static let wordsPerChunk: UInt64 = 64
    private static let offsetsPerChunk = wordsPerChunk * 64

    private var chunks: [UInt64: ContiguousArray<UInt64>] = [:]
    private(set) var count = 0

    mutating func insert(_ offset: Offset) {
        let (chunk, word, bit) = Self.place(offset.value)
        var words = chunks.removeValue(forKey: chunk) ?? Self.emptyChunk
        if words[word] & bit == 0 { count += 1 }
        words[word] |= bit
        chunks[chunk] = words
    }

    mutating func remove(_ offset: Offset) {
        let (chunk, word, bit) = Self.place(offset.value)
        guard var words = chunks.removeValue(forKey: chunk) else { return }
        if words[word] & bit != 0 { count -= 1 }
        words[word] &= ~bit
        if words.contains(where: { $0 != 0 }) { chunks[chunk] = words }
    }

    /// The least element that is at least `start` and before `end`.
    func first(from start: Offset, before end: Offset) -> Offset? {
        guard count > 0 else { return nil }
        var at = start.value
        while at < end.value {
            let next = (at / Self.offsetsPerChunk + 1) * Self.offsetsPerChunk
            if let found = firstInChunk(from: at) { return found < end.value ? Offset(found) : nil }
            at = next
        }
        return nil
    }

    /// The least element that is at least `start` and in its chunk.
    private func firstInChunk(from start: UInt64) -> UInt64? {
        let (chunk, first, _) = Self.place(start)
        guard let words = chunks[chunk] else { return nil }
        var bits = words[first] & (UInt64.max << (start % 64))
        for word in first..<words.count {
            if word > first { bits = words[word] }
            if bits != 0 {
                return chunk * Self.offsetsPerChunk + UInt64(word) * 64 + UInt64(bits.trailingZeroBitCount)
            }
        }
        return nil
    }

    private static var emptyChunk: ContiguousArray<UInt64> {
        ContiguousArray(repeating: 0, count: Int(wordsPerChunk))
    }

    private static func place(_ offset: UInt64) -> (chunk: UInt64, word: Int, bit: UInt64) {
        (offset / offsetsPerChunk, Int(offset % offsetsPerChunk / 64), 1 << (offset % 64))
    }
}
