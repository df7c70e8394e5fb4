import LogLine

/// Where each line of a stretch of the log is, and which digest the log has there.
struct LineTable {
    /// Offset → stream position; an index of the list is an offset.
    private var starts: AscendingList
    /// The digests at the multiples of `ViewLimits.digestInterval` within `first...last`.
    private var checkpoints: [Digest] = []
    private(set) var first: Offset
    private(set) var last: Offset
    /// Stream position behind `last`.
    private(set) var end: UInt64
    /// At `last`.
    private(set) var digest: Digest
    /// Before `first`.
    private(set) var firstDigest: Digest

    init(after: Offset, digest: Digest, position: UInt64) {
        first = after.next
        last = after
        end = position
        self.digest = digest
        firstDigest = digest
        starts = AscendingList(startIndex: Int(after.next.value))
    }

    /// Returns the line's offset.
    mutating func append(bytes: Int, crc: UInt32) -> Offset {
        precondition(bytes > 0, "a line has bytes")
        starts.append(end)
        end += UInt64(bytes)
        last = last.next
        digest = digest.adding(crc: crc)
        if last.value % ViewLimits.digestInterval == 0 { checkpoints.append(digest) }
        return last
    }

    func positions(of offset: Offset) -> Range<UInt64> {
        start(of: offset)..<position(after: offset)
    }

    func position(after offset: Offset) -> UInt64 {
        precondition(offset.next >= first && offset <= last, "offset outside of the index")
        return offset == last ? end : start(of: offset.next)
    }

    func digest(at offset: Offset, crcOf crc: (Offset) -> UInt32) -> Digest {
        guard offset != last else { return digest }
        var (at, digest) = checkpoint(notAfter: offset)
        while at < offset {
            at = at.next
            digest = digest.adding(crc: crc(at))
        }
        return digest
    }

    func checkpoint(notAfter offset: Offset) -> (offset: Offset, digest: Digest) {
        precondition(offset.next >= first && offset <= last, "offset outside of the index")
        let interval = offset.value / ViewLimits.digestInterval
        guard interval >= firstInterval else { return (first.previous, firstDigest) }
        return (Offset(interval * ViewLimits.digestInterval), checkpoints[Int(interval - firstInterval)])
    }

    /// Precondition: `offset` is in `first...last.next`, and `digest` is the one at `offset.previous`.
    mutating func drop(before offset: Offset, digest: Digest) {
        precondition(offset >= first && offset <= last.next, "offset outside of the index")
        let interval = firstInterval
        first = offset
        firstDigest = digest
        starts.drop(below: offset > last ? end : start(of: offset))
        checkpoints.removeFirst(Int(firstInterval - interval))
    }

    /// Heap memory.
    var bytes: Int {
        starts.bytes + checkpoints.capacity * MemoryLayout<Digest>.stride + ArrayMemory.headerBytes
    }

    private func start(of offset: Offset) -> UInt64 { starts[Int(offset.value)] }

    /// The number of the first interval whose checkpoint is in `checkpoints` (or will be).
    private var firstInterval: UInt64 { first.previous.value / ViewLimits.digestInterval + 1 }
}
