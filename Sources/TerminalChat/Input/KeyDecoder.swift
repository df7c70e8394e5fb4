/// Makes keys of the bytes that a terminal sends (xterm's and VT220's sequences, UTF-8, bracketed paste).
///
/// The keys depend only on the bytes, never on how they were cut into pieces, but for Escape itself: whether
/// an ESC begins a sequence shows only in what follows, so `flush` says that nothing does. What is no known
/// sequence is passed over as a whole.
public struct KeyDecoder: Sendable {
    /// Of a sequence or of a paste. What is longer is dropped.
    private static let sequenceBytesMax = 32
    public static let pasteBytesMax = 65_536
    private static let pasteEnd = Array("\u{1B}[201~".utf8)

    private var pending = [UInt8]()
    private var pasted: [UInt8]?

    public init() {}

    /// Whether an Escape may be waiting for what follows it.
    public var isWaiting: Bool { pending.first == 0x1B && pasted == nil }

    public mutating func receive(_ bytes: some Sequence<UInt8>) -> [Key] {
        pending += bytes
        var keys = [Key]()
        while let key = next() {
            if let key { keys.append(key) }
        }
        return keys
    }

    /// Nothing more came for a while: an Escape alone was the key.
    public mutating func flush() -> [Key] {
        guard isWaiting else { return [] }
        let isAlone = pending.count == 1
        pending = []
        return isAlone ? [.escape] : []
    }

    // MARK: Private

    /// Nil: more bytes are needed. A nil within: something that is no key was read.
    private mutating func next() -> Key?? {
        if pasted != nil { return readPaste() }
        guard let first = pending.first else { return nil }
        if first == 0x1B { return readEscape() }
        if first < 0x20 || first == 0x7F {
            pending.removeFirst()
            return .some(KeyDecoder.control(first))
        }
        return readText()
    }

    /// All whole characters up to the next control byte.
    private mutating func readText() -> Key?? {
        let run = pending.prefix { $0 >= 0x20 && $0 != 0x7F }
        let isCutOff = run.count == pending.count
        let whole = isCutOff ? KeyDecoder.wholePrefix(Array(run)) : run.count
        guard whole > 0 else { return nil }
        let text = String(decoding: pending[..<whole], as: UTF8.self)
        pending.removeFirst(whole)
        return .some(.text(text))
    }

    /// How many bytes stand before a character that is cut off at the end.
    private static func wholePrefix(_ bytes: [UInt8]) -> Int {
        for back in 1...min(3, max(1, bytes.count)) where bytes.count >= back {
            let byte = bytes[bytes.count - back]
            guard byte & 0xC0 != 0x80 else { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > back ? bytes.count - back : bytes.count
        }
        return bytes.count
    }

    private mutating func readEscape() -> Key?? {
        guard pending.count > 1 else { return nil }
        switch pending[1] {
        case UInt8(ascii: "["): return readSequence()
        case UInt8(ascii: "O"):
            guard pending.count > 2 else { return nil }
            let key = KeyDecoder.final(pending[2], parameters: "")
            pending.removeFirst(3)
            return .some(key)
        case 0x1B:
            pending.removeFirst()
            return .some(.escape)
        default:
            let key = KeyDecoder.alt(pending[1])
            pending.removeFirst(2)
            return .some(key)
        }
    }

    /// CSI: parameters (0x30–0x3F), intermediates (0x20–0x2F), a final byte (0x40–0x7E); ECMA-48 5.4.
    private mutating func readSequence() -> Key?? {
        guard let end = pending.dropFirst(2).firstIndex(where: { !(0x20...0x3F).contains($0) }) else {
            if pending.count > KeyDecoder.sequenceBytesMax { pending = [] }
            return nil
        }
        let parameters = String(decoding: pending[2..<end], as: UTF8.self)
        let final = pending[end]
        pending.removeFirst(end + 1)
        guard final != UInt8(ascii: "~") || parameters != "200" else {
            pasted = []
            return .some(nil)
        }
        return .some(KeyDecoder.final(final, parameters: parameters))
    }

    private mutating func readPaste() -> Key?? {
        guard let end = KeyDecoder.firstRange(of: KeyDecoder.pasteEnd, in: pending) else {
            let kept = min(pending.count, KeyDecoder.pasteEnd.count - 1)
            pasted?.append(contentsOf: pending.dropLast(kept))
            pending.removeFirst(pending.count - kept)
            return nil
        }
        let bytes = (pasted ?? []) + pending[..<end]
        pending.removeFirst(end + KeyDecoder.pasteEnd.count)
        pasted = nil
        guard bytes.count <= KeyDecoder.pasteBytesMax else { return .some(nil) }
        let text = String(decoding: bytes, as: UTF8.self)
        // A terminal gives a pasted line feed as the key for it.
        return .some(.paste(String(text.map { $0 == "\r" || $0 == "\r\n" ? "\n" : $0 })))
    }

    private static func firstRange(of wanted: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= wanted.count else { return nil }
        return (0...bytes.count - wanted.count).first { bytes[$0...].starts(with: wanted) }
    }

    // MARK: Tables

    private static func control(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x01: .home
        case 0x02: .left
        case 0x03: .interrupt
        case 0x04: .endOfInput
        case 0x05: .end
        case 0x06: .right
        case 0x08, 0x7F: .backspace
        case 0x09: .tab
        case 0x0A, 0x0D: .enter
        case 0x0B: .deleteToEnd
        case 0x0C: .redraw
        case 0x0E: .nextRoom
        case 0x10: .previousRoom
        case 0x15: .deleteToStart
        case 0x17: .deleteWord
        case 0x19: .yank
        case 0x1A: .suspend
        default: nil
        }
    }

    private static func alt(_ byte: UInt8) -> Key? {
        switch byte {
        case UInt8(ascii: "b"): .wordLeft
        case UInt8(ascii: "f"): .wordRight
        case 0x08, 0x7F: .deleteWord
        case 0x0A, 0x0D: .newLine
        default: nil
        }
    }

    /// `;3` is Alt, `;5` Ctrl (xterm, PC-style function keys).
    private static func final(_ byte: UInt8, parameters: String) -> Key? {
        let parts = parameters.split(separator: ";")
        let isModified = parts.count > 1 && (parts[1] == "5" || parts[1] == "3")
        let isAlt = parts.count > 1 && parts[1] == "3"
        switch byte {
        case UInt8(ascii: "A"): return isAlt ? .previousRoom : .up
        case UInt8(ascii: "B"): return isAlt ? .nextRoom : .down
        case UInt8(ascii: "C"): return isModified ? .wordRight : .right
        case UInt8(ascii: "D"): return isModified ? .wordLeft : .left
        case UInt8(ascii: "H"): return .home
        case UInt8(ascii: "F"): return .end
        case UInt8(ascii: "Z"): return .backTab
        case UInt8(ascii: "~"): return numbered(parts.first.map(String.init) ?? "")
        default: return nil
        }
    }

    private static func numbered(_ number: String) -> Key? {
        switch number {
        case "1", "7": .home
        case "3": .delete
        case "4", "8": .end
        case "5": .pageUp
        case "6": .pageDown
        default: nil
        }
    }
}
