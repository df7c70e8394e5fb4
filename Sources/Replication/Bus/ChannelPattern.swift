/// A glob of channel names with Redis' meaning: `*` any bytes, `?` one byte, `[abc]`, `[a-z]`, `[^a]` one of
/// a set, `\x` the byte x itself. An open `[` takes the rest of the pattern as its set, a lone `\` at the end
/// is a `\`.
///
/// Redis matches PSUBSCRIBE's pattern itself; this is the second look on receipt. Matching takes at most
/// pattern × name steps, whatever the pattern. Source: the Redis manual, PSUBSCRIBE and KEYS.
public struct ChannelPattern: Sendable, Equatable {
    public let bytes: [UInt8]

    public init(_ pattern: [UInt8]) { bytes = pattern }
    public init(_ pattern: String) { self.init(Array(pattern.utf8)) }

    public func matches(_ name: [UInt8]) -> Bool {
        var at = (pattern: 0, name: 0)
        /// Where the last `*` stands, and how far the name goes that it has swallowed.
        var star: (pattern: Int, name: Int)?
        while at.name < name.count {
            if at.pattern < bytes.count, bytes[at.pattern] == UInt8(ascii: "*") {
                star = at
                at.pattern += 1
            } else if let next = step(at.pattern, name[at.name]) {
                at = (next, at.name + 1)
            } else if let swallowed = star {
                star = (swallowed.pattern, swallowed.name + 1)
                at = (swallowed.pattern + 1, swallowed.name + 1)
            } else {
                return false
            }
        }
        return bytes[at.pattern...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Where the pattern goes on when what stands at `index` takes `byte`; nil when it does not.
    private func step(_ index: Int, _ byte: UInt8) -> Int? {
        guard index < bytes.count else { return nil }
        switch bytes[index] {
        case UInt8(ascii: "?"): return index + 1
        case UInt8(ascii: "["): return stepSet(index + 1, byte)
        case UInt8(ascii: "\\") where index + 1 < bytes.count:
            return bytes[index + 1] == byte ? index + 2 : nil
        default: return bytes[index] == byte ? index + 1 : nil
        }
    }

    private func stepSet(_ start: Int, _ byte: UInt8) -> Int? {
        var index = start
        let isNegated = index < bytes.count && bytes[index] == UInt8(ascii: "^")
        if isNegated { index += 1 }
        var isMember = false
        while index < bytes.count, bytes[index] != UInt8(ascii: "]") {
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
                isMember = isMember || bytes[index + 1] == byte
                index += 2
            } else if index + 2 < bytes.count, bytes[index + 1] == UInt8(ascii: "-") {
                let (low, high) = (min(bytes[index], bytes[index + 2]), max(bytes[index], bytes[index + 2]))
                isMember = isMember || (low...high).contains(byte)
                index += 3
            } else {
                isMember = isMember || bytes[index] == byte
                index += 1
            }
        }
        return isMember != isNegated ? min(index + 1, bytes.count) : nil
    }
}
