import LogLine

/// Makes the fingerprints of what the indexes know lines by. A draft and the line that became of it have the
/// same.
struct LineNames: Sendable {
    let key: FingerprintKey

    /// Stands between names; no name contains a control character, so no two triples read the same.
    private static let separator: UInt8 = 0
    private static let textMark: UInt8 = 1
    private static let dataMark: UInt8 = 2
    private static let replyMark: UInt8 = 3

    /// Of an id, which is meant within (channel, author).
    func id(_ id: [UInt8], channel: [UInt8], author: [UInt8]?) -> Fingerprint {
        var hasher = SipHash13(key: (key.low, key.high), isWide: true)
        hasher.combine(channel)
        hasher.combine(Self.separator)
        if let author { hasher.combine(author) }
        hasher.combine(Self.separator)
        hasher.combine(id)
        return Fingerprint(hasher.finish128())
    }

    /// Of a conditional append's key.
    func key(_ name: [UInt8]) -> Fingerprint {
        var hasher = SipHash13(key: (key.low, key.high), isWide: true)
        hasher.combine(name)
        return Fingerprint(hasher.finish128())
    }

    /// Of what was written: a text with what it answers, or a kind with its data. (One that happens to be
    /// `IDEntry.erasedBody`, 1 of 2^64, would let another text pass as a retry.)
    func body(_ draft: Draft) -> UInt64 {
        var hasher = SipHash13(key: (key.low, key.high), isWide: false)
        if let replyTo = draft.replyTo { combine(reply: Array(String(replyTo.value).utf8), into: &hasher) }
        switch draft.body {
        case .text(let text):
            hasher.combine(Self.textMark)
            hasher.combine(text)
        case .data(let kind, let json):
            hasher.combine(kind.bytes)
            hasher.combine(Self.dataMark)
            hasher.combine(json)
        }
        return hasher.finish64()
    }

    /// Before the text, which may hold any byte and so stands last.
    private func combine(reply digits: [UInt8], into hasher: inout SipHash13) {
        hasher.combine(Self.replyMark)
        hasher.combine(digits)
    }
}

/// The same from a line's bytes.
extension LineNames {
    func id(_ fields: LineFields, _ scan: LineScan, in line: UnsafeRawBufferPointer) -> Fingerprint? {
        guard let id = fields.id else { return nil }
        var hasher = SipHash13(key: (key.low, key.high), isWide: true)
        combine(scan.channel, of: line, into: &hasher)
        hasher.combine(Self.separator)
        if let author = fields.author { combine(author, of: line, into: &hasher) }
        hasher.combine(Self.separator)
        combine(id, of: line, into: &hasher)
        return Fingerprint(hasher.finish128())
    }

    func key(_ fields: LineFields, in line: UnsafeRawBufferPointer) -> Fingerprint? {
        guard let range = fields.key else { return nil }
        var hasher = SipHash13(key: (key.low, key.high), isWide: true)
        combine(range, of: line, into: &hasher)
        return Fingerprint(hasher.finish128())
    }

    func body(_ fields: LineFields, in line: UnsafeRawBufferPointer) -> UInt64 {
        var hasher = SipHash13(key: (key.low, key.high), isWide: false)
        if let replyTo = fields.replyTo { combine(reply: Array(line[replyTo]), into: &hasher) }
        if let kind = fields.kind { combine(kind, of: line, into: &hasher) }
        if let text = fields.text {
            hasher.combine(Self.textMark)
            combine(text, of: line, into: &hasher)
        }
        if let data = fields.data {
            hasher.combine(Self.dataMark)
            hasher.combine(UnsafeRawBufferPointer(rebasing: line[data]))
        }
        return hasher.finish64()
    }

    /// Adds a string's text; without escapes its bytes are the text, and nothing is copied.
    private func combine(
        _ content: Range<Int>, of line: UnsafeRawBufferPointer, into hasher: inout SipHash13
    ) {
        let bytes = UnsafeRawBufferPointer(rebasing: line[content])
        guard bytes.contains(UInt8(ascii: "\\")) else { return hasher.combine(bytes) }
        hasher.combine(Line.unescape(content, in: line))
    }
}
