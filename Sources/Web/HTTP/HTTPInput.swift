import LogLine

/// The bytes that have arrived on a connection and are not read yet. Holds no memory while there are none.
struct HTTPInput {
    private let buffer = ByteBuffer()
    /// What stands before it has been read.
    private var start = 0

    var count: Int { buffer.count - start }
    var isEmpty: Bool { count == 0 }

    /// Valid until the input is changed.
    var unread: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer.pointer[start...]) }

    mutating func append(_ bytes: UnsafeRawBufferPointer) { buffer.append(bytes) }

    /// Takes the next `count` bytes out; without copying them when nothing else is here, read or unread.
    mutating func take(_ count: Int) -> ByteSlice {
        if buffer.count == count { return buffer.takeSlice() }
        let slice = ByteSlice(unread.prefix(count))
        skip(count)
        return slice
    }

    /// The next `count` bytes have been read.
    mutating func skip(_ count: Int) { start += count }

    /// Gives the memory of what was read back, and makes room for `extra` bytes to come.
    mutating func compact(reserving extra: Int = 0) {
        if start > 0 { buffer.consume(start) }
        start = 0
        if extra > 0 { buffer.reserve(extra) }
    }

    mutating func discard() {
        buffer.release()
        start = 0
    }
}
