/// Keys in text (RFC 7468): blocks of base 64 between a `BEGIN` and an `END` line. Text outside of blocks is
/// for people, but for lines `kid: NAME`, which give the next block a name:
///
///     kid: 2026-11
///     -----BEGIN PUBLIC KEY-----
///     MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA…
///     -----END PUBLIC KEY-----
///
/// Valid if and only if: every block that begins also ends, with the same label; what is between is canonical
/// base 64; every name stands before a block, and no block has two. Spaces at the ends of lines and carriage
/// returns do not count.
enum PEM {
    struct Block: Equatable {
        let label: [UInt8]
        /// Nil: none was given.
        let name: [UInt8]?
        let bytes: [UInt8]
        /// Where it begins, counted from 1.
        let lineNumber: Int
    }

    static func blocks(of text: [UInt8]) throws(PublicKeyError) -> [Block] {
        var reader = PEMReader()
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            try reader.take(trimmed(line), lineNumber: index + 1)
        }
        return try reader.finished()
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let end = line.lastIndex { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
        let body = end.map { line[...$0] } ?? []
        return body.drop { $0 == 0x20 || $0 == 0x09 }
    }
}

/// Reads such text line by line.
private struct PEMReader {
    private struct Open {
        let label: [UInt8]
        let lineNumber: Int
        var body: [UInt8] = []
    }

    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)
    private static let dashes = Array("-----".utf8)
    private static let kid = Array("kid:".utf8)

    private var blocks: [PEM.Block] = []
    private var open: Open?
    private var name: [UInt8]?

    mutating func take(_ line: ArraySlice<UInt8>, lineNumber: Int) throws(PublicKeyError) {
        if let block = open {
            try take(line, in: block)
        } else if let label = Self.label(of: line, after: Self.begin) {
            open = Open(label: label, lineNumber: lineNumber)
        } else if line.starts(with: Self.kid) {
            let given = Array(line.dropFirst(Self.kid.count).drop { $0 == 0x20 || $0 == 0x09 })
            guard name == nil, !given.isEmpty else {
                throw PublicKeyError(.badName, line: lineNumber, "a kid must be one name before one key")
            }
            name = given
        }
    }

    func finished() throws(PublicKeyError) -> [PEM.Block] {
        if let open { throw Self.unfinished(open) }
        if name != nil { throw PublicKeyError(.badName, line: nil, "the last kid has no key behind it") }
        return blocks
    }

    private mutating func take(_ line: ArraySlice<UInt8>, in block: Open) throws(PublicKeyError) {
        guard line.starts(with: Self.dashes) else {
            open?.body += line
            return
        }
        guard Self.label(of: line, after: Self.end) == block.label else { throw Self.unfinished(block) }
        guard let bytes = Base64.standard.decode(block.body), !bytes.isEmpty else {
            throw PublicKeyError(.malformed, line: block.lineNumber, "the key is not base 64")
        }
        blocks.append(
            PEM.Block(label: block.label, name: name, bytes: bytes, lineNumber: block.lineNumber))
        open = nil
        name = nil
    }

    private static func unfinished(_ block: Open) -> PublicKeyError {
        PublicKeyError(.malformed, line: block.lineNumber, "the block has no END line of its own")
    }

    /// `LABEL` of `-----BEGIN LABEL-----`.
    private static func label(of line: ArraySlice<UInt8>, after prefix: [UInt8]) -> [UInt8]? {
        guard line.starts(with: prefix), line.count > prefix.count + dashes.count,
            line.suffix(dashes.count).elementsEqual(dashes)
        else { return nil }
        return Array(line.dropFirst(prefix.count).dropLast(dashes.count))
    }
}
