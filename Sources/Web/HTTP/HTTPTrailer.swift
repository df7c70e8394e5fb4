/// The trailer section of a chunked body, read byte by byte, checked and dropped. Allocates only when there
/// is one.
struct HTTPTrailer {
    private var line: [UInt8] = []
    private var byteCount = 0
    private var fieldCount = 0

    /// Reads on in `bytes` from `index`, which is moved behind what was taken; true when the section has
    /// ended.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, _ index: inout Int
    ) throws(HTTPParseFailure) -> Bool {
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            byteCount += 1
            guard byteCount <= HTTPLimits.fieldBytesMax + 2 else {
                let limit = HTTPLimits.fieldBytesMax
                throw HTTPParseFailure(.fieldsTooLarge, "trailer", "the trailer has over \(limit) bytes")
            }
            guard byte == HTTPCharacters.lineFeed else {
                line.append(byte)
                continue
            }
            if try endLine() { return true }
        }
        return false
    }

    /// True for the empty line.
    private mutating func endLine() throws(HTTPParseFailure) -> Bool {
        guard line.popLast() == HTTPCharacters.carriageReturn else {
            throw HTTPParseFailure(.malformed, "trailer", "a line ends in a bare LF; lines end in CRLF")
        }
        if line.isEmpty { return true }
        fieldCount += 1
        guard fieldCount <= HTTPLimits.fieldCountMax else {
            let limit = HTTPLimits.fieldCountMax
            throw HTTPParseFailure(.fieldsTooLarge, "trailer", "there are over \(limit) trailer fields")
        }
        try Self.check(line)
        line.removeAll(keepingCapacity: true)
        return false
    }

    /// RFC 9110 6.5.1: what frames or routes a message has no place behind its body.
    private static let forbidden: [StaticString] = ["content-length", "transfer-encoding", "host"]

    private static func isForbidden(_ name: UnsafeRawBufferPointer) -> Bool {
        forbidden.contains { HTTPCharacters.equal(name, ignoringCase: $0) }
    }

    private static func check(_ line: [UInt8]) throws(HTTPParseFailure) {
        let failure = line.withUnsafeBytes { bytes -> HTTPParseFailure? in
            do throws(HTTPParseFailure) {
                let name = bytes.part(try HTTPFieldLine(0..<bytes.count, of: bytes).name)
                guard isForbidden(name) else { return nil }
                return HTTPParseFailure(.malformed, "trailer", "\(name.excerpt) may not stand in a trailer")
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }
}
