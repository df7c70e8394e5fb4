/// The fields that stand between `channel` and `crc`, in their order.
enum LineField: Int {
    case kind, key, author, id, text, data

    /// Nil for a field that this version does not know.
    @inline(__always)
    init?(name: UnsafeRawBufferPointer) {
        switch name.count {
        case 2 where ByteCompare.equal(name, "id"): self = .id
        case 3 where ByteCompare.equal(name, "key"): self = .key
        case 4 where ByteCompare.equal(name, "kind"): self = .kind
        case 4 where ByteCompare.equal(name, "data"): self = .data
        case 6 where ByteCompare.equal(name, "author"): self = .author
        case 12 where ByteCompare.equal(name, "message_text"): self = .text
        default: return nil
        }
    }

    /// Those before `channel` and behind all others: no other field may have their names.
    static func isFixed(_ name: UnsafeRawBufferPointer) -> Bool {
        ByteCompare.equal(name, "offset") || ByteCompare.equal(name, "time")
            || ByteCompare.equal(name, "channel") || ByteCompare.equal(name, "crc")
    }
}
