import LogLine

/// The offsets of some of a log's lines, for example one channel's messages: ascending, about 4 bytes each.
///
/// Indices are absolute (see `AscendingList`): a reader keeps a range of them while the list is appended to
/// and trimmed. One owner; no locking.
public final class OffsetList {
    private var numbers = AscendingList()

    public init() {}

    public var count: Int { numbers.count }
    public var isEmpty: Bool { numbers.isEmpty }
    /// Of the first offset that has not been dropped.
    public var firstIndex: Int { numbers.firstIndex }
    /// One past the last offset's.
    public var endIndex: Int { numbers.endIndex }

    /// Precondition: behind every offset before it.
    public func append(_ offset: Offset) { numbers.append(offset.value) }

    /// Precondition: `index` is in `firstIndex..<endIndex`.
    public subscript(index: Int) -> Offset { Offset(numbers[index]) }

    /// The index of the first offset that is greater; `endIndex` when there is none.
    public func index(after offset: Offset) -> Int {
        offset.value == .max ? endIndex : numbers.index(notBelow: offset.value + 1)
    }

    /// The index of the first offset that is equal or greater; `endIndex` when there is none.
    public func index(notBefore offset: Offset) -> Int { numbers.index(notBelow: offset.value) }

    /// Forgets all offsets before `offset`; memory is freed by whole chunks.
    public func drop(before offset: Offset) { numbers.drop(below: offset.value) }

    /// Heap memory, this object's included.
    public var bytes: Int { numbers.bytes + Self.objectBytes }

    /// The object's header, its stored list, and the allocator's header.
    private static let objectBytes = 16 + MemoryLayout<AscendingList>.stride + 16
}
