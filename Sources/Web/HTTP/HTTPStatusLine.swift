/// `HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 4). The space behind the code is required,
/// the reason is checked and dropped.
struct HTTPStatusLine {
    /// 100–999.
    let status: Int
    /// Of HTTP/1: 0 or 1.
    let versionMinor: UInt8

    init(_ line: Range<Int>, of bytes: UnsafeRawBufferPointer) throws(HTTPParseFailure) {
        let line = bytes.part(line)
        guard line.count >= 13, line[8] == HTTPCharacters.space, line[12] == HTTPCharacters.space,
            line[9..<12].allSatisfy(HTTPCharacters.isDigit), line[9] != UInt8(ascii: "0"),
            HTTPCharacters.isFieldContent(line.part(13..<line.count))
        else {
            throw HTTPParseFailure(
                .malformed, "status line", "'\(line.excerpt)' is not: version, status code, reason")
        }
        versionMinor = try HTTPVersion.minor(line.part(0..<8))
        status = line[9..<12].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
