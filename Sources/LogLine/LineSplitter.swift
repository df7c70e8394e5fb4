/// Finds the complete lines in a chunk from the network or a file.
///
/// ```swift
/// var lines = LineSplitter(chunk)
/// while let line = lines.next() { use(chunk[line]) }
/// buffer.consume(lines.consumed)
/// ```
public struct LineSplitter: Sequence, IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    /// The bytes of all lines returned so far, with their newlines: where the next line begins.
    public private(set) var consumed = 0

    public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next line without its newline (empty for a blank one); nil when no newline is left.
    public mutating func next() -> Range<Int>? {
        guard let end = Memory.firstIndex(of: 0x0A, in: bytes, from: consumed) else { return nil }
        defer { consumed = end + 1 }
        return consumed..<end
    }
}
