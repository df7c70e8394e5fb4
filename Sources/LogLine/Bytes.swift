/// Memory of a fixed capacity whose bytes are written once, front to back, and freed with the last reference.
///
/// Concurrency: written by one owner; what a `ByteSlice` covers never changes again, so slices may be read
/// from any thread that received them over a synchronised hand-over (hence `@unchecked Sendable`).
public final class ByteBlock: @unchecked Sendable {
    public let base: UnsafeMutableRawPointer
    public let capacity: Int

    public init(capacity: Int) {
        self.capacity = capacity
        base = Memory.resized(nil, bytes: max(capacity, 1))
    }

    /// Takes over `base`, which `Memory` gave.
    init(adopting base: UnsafeMutableRawPointer, capacity: Int) {
        self.base = base
        self.capacity = capacity
    }

    deinit { Memory.release(base) }
}

/// Immutable bytes, shared by reference: a line, a page of lines, a frame.
public struct ByteSlice: Sendable {
    public let block: ByteBlock
    public let start: Int
    public let count: Int

    @inlinable public init(block: ByteBlock, start: Int, count: Int) {
        self.block = block
        self.start = start
        self.count = count
    }

    public init(_ bytes: some Collection<UInt8>) {
        let block = ByteBlock(capacity: bytes.count)
        UnsafeMutableRawBufferPointer(start: block.base, count: bytes.count).copyBytes(from: bytes)
        self.init(block: block, start: 0, count: bytes.count)
    }

    public static let empty = ByteSlice(block: ByteBlock(capacity: 0), start: 0, count: 0)

    /// Valid while this slice (or another of its block) is held.
    @inlinable public var pointer: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: block.base + start, count: count)
    }

    /// Bytes `range` of this slice, counted from its start.
    @inlinable public subscript(range: Range<Int>) -> ByteSlice {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return ByteSlice(block: block, start: start + range.lowerBound, count: range.count)
    }

    public var array: [UInt8] { Array(pointer) }
    public var text: String { String(decoding: pointer, as: UTF8.self) }
}

/// Growable bytes with one owner: what encoders write to, and what sockets keep of a half-received request.
/// Takes no memory while empty.
public final class ByteBuffer {
    // Without the run-time exclusivity check, which costs as much as appending a short field: no method keeps
    // access to one of these while it calls out.
    @exclusivity(unchecked) @usableFromInline var storage: UnsafeMutableRawPointer?
    @exclusivity(unchecked) public private(set) var capacity = 0
    @exclusivity(unchecked) public internal(set) var count = 0

    public init() {}

    public init(capacity: Int) { reserve(capacity) }

    deinit { Memory.release(storage) }

    @inlinable public var isEmpty: Bool { count == 0 }

    /// Valid until the buffer is changed.
    @inlinable public var pointer: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: storage, count: count)
    }

    /// Makes room for `extra` more bytes.
    public func reserve(_ extra: Int) {
        guard count + extra > capacity else { return }
        let wanted = max(count + extra, capacity * 2, 256)
        storage = Memory.resized(storage, bytes: wanted)
        capacity = wanted
    }

    public func append(_ byte: UInt8) {
        reserve(1)
        (storage.unsafelyUnwrapped + count).storeBytes(of: byte, as: UInt8.self)
        count += 1
    }

    public func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        reserve(bytes.count)
        (storage.unsafelyUnwrapped + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    public func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }
    public func append(_ slice: ByteSlice) { append(slice.pointer) }

    public func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    public func append(utf8 text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// In decimal, without leading zeros.
    public func append(decimal value: UInt64) {
        reserve(20)
        write { $0.decimal(value) }
    }

    /// Lets `fill` write up to `bytes` at the end; it returns how many it wrote.
    public func append(
        upTo bytes: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Int
    ) rethrows {
        reserve(bytes)
        let room = UnsafeMutableRawBufferPointer(start: storage.unsafelyUnwrapped + count, count: bytes)
        let written = try fill(room)
        precondition(written >= 0 && written <= bytes)
        count += written
    }

    /// Lets `fill` write at the end. Precondition: what it writes was reserved.
    @inline(__always)
    func write(_ fill: (inout LineWriter) -> Void) {
        let end = storage.unsafelyUnwrapped + count
        var writer = LineWriter(end)
        fill(&writer)
        count += writer.at - end
    }

    /// Overwrites bytes that are already there. Precondition: they are.
    public func overwrite(at index: Int, with bytes: UnsafeRawBufferPointer) {
        precondition(index >= 0 && index + bytes.count <= count)
        guard let source = bytes.baseAddress else { return }
        (storage.unsafelyUnwrapped + index).copyMemory(from: source, byteCount: bytes.count)
    }

    /// Cuts the end off. Precondition: `count <= self.count`.
    public func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count)
        self.count = count
    }

    /// Removes the first `bytes`, moving the rest to the front; gives the memory back when nothing is left.
    public func consume(_ bytes: Int) {
        precondition(bytes >= 0 && bytes <= count)
        guard bytes < count else { return release() }
        guard bytes > 0 else { return }
        let start = storage.unsafelyUnwrapped
        start.copyMemory(from: start + bytes, byteCount: count - bytes)
        count -= bytes
    }

    /// Empties the buffer and gives its memory back.
    public func release() {
        Memory.release(storage)
        storage = nil
        capacity = 0
        count = 0
    }

    /// Hands what has been written over as an immutable slice, without copying; the buffer is empty
    /// afterwards.
    public func takeSlice() -> ByteSlice {
        guard let memory = storage, count > 0 else {
            release()
            return .empty
        }
        let slice = ByteSlice(block: ByteBlock(adopting: memory, capacity: capacity), start: 0, count: count)
        storage = nil
        capacity = 0
        count = 0
        return slice
    }

    public var array: [UInt8] { Array(pointer) }
    public var text: String { String(decoding: pointer, as: UTF8.self) }
}
