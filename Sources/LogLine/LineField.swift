/// The fields that stand between `channel` and `crc`, in their order.
enum LineField: Int {
    case kind, key, author, id, text, replyTo, data

    /// Nil for a field that this version does not know.
    @inline(__always)
    init?(name: UnsafeRawBufferPointer) {
        switch name.count {
        case 2 where Memory.equal(name, "id"): self = .id
        case 3 where Memory.equal(name, "key"): self = .key
        case 4 where Memory.equal(name, "kind"): self = .kind
        case 4 where Memory.equal(name, "data"): self = .data
        case 6 where Memory.equal(name, "author"): self = .author
        case 8 where Memory.equal(name, "reply_to"): self = .replyTo
        case 12 where Memory.equal(name, "message_text"): self = .text
        default: return nil
        }
    }

    /// Those before `channel` and behind all others: no other field may have their names.
    static func isFixed(_ name: UnsafeRawBufferPointer) -> Bool {
        Memory.equal(name, "offset") || Memory.equal(name, "time") || Memory.equal(name, "channel")
            || Memory.equal(name, "redacted") || Memory.equal(name, "crc")
    }
}
