#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Comparing runs of bytes.
enum ByteCompare {
    @inline(__always)
    static func equal(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, count: Int) -> Bool {
        memcmp(left, right, count) == 0
    }

    @inline(__always)
    static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard let leftBase = left.baseAddress, let rightBase = right.baseAddress else { return true }
        return equal(leftBase, rightBase, count: left.count)
    }

    @inline(__always)
    static func equal(_ left: UnsafeRawBufferPointer, _ right: StaticString) -> Bool {
        guard left.count == right.utf8CodeUnitCount, let base = left.baseAddress else { return false }
        return equal(base, right.utf8Start, count: left.count)
    }
}
