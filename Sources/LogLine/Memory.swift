#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The C library's functions on memory: no I/O.
public enum Memory {
    /// Whether `count` bytes are the same.
    @inlinable
    public static func equal(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, count: Int) -> Bool {
        memcmp(left, right, count) == 0
    }

    /// Whether both are the same bytes.
    @inlinable
    public static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard let leftBase = left.baseAddress, let rightBase = right.baseAddress else { return true }
        return equal(leftBase, rightBase, count: left.count)
    }

    /// Whether `left` is the bytes of `right`.
    @inlinable
    public static func equal(_ left: UnsafeRawBufferPointer, _ right: StaticString) -> Bool {
        equal(left, UnsafeRawBufferPointer(start: right.utf8Start, count: right.utf8CodeUnitCount))
    }

    /// Whether `left` stands before `right` in the order of their bytes.
    @inlinable
    public static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        let count = min(left.count, right.count)
        guard count > 0, let leftBase = left.baseAddress, let rightBase = right.baseAddress else {
            return left.count < right.count
        }
        let order = memcmp(leftBase, rightBase, count)
        return order == 0 ? left.count < right.count : order < 0
    }

    /// The index of the first `byte` at or behind `start`; nil when there is none.
    @inlinable
    public static func firstIndex(
        of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int = 0
    ) -> Int? {
        guard let base = bytes.baseAddress, start < bytes.count,
            let found = memchr(base + start, Int32(byte), bytes.count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// Memory with the contents of `memory` (nil: none yet), which it replaces. Traps when there is none
    /// left.
    static func resized(_ memory: UnsafeMutableRawPointer?, bytes: Int) -> UnsafeMutableRawPointer {
        guard let resized = realloc(memory, bytes) else { fatalError("out of memory: \(bytes) bytes") }
        return resized
    }

    /// Gives back what `resized` or `malloc` gave.
    static func release(_ memory: UnsafeMutableRawPointer?) { free(memory) }
}
