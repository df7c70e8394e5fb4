/// Takes the chunked transfer coding off a body (RFC 9112 7.1) that arrives in pieces.
///
/// | part | bytes |
/// |---|---|
/// | chunk | size in 1–16 hexadecimal digits, optionally `;` and extensions, CRLF, that many bytes, CRLF |
/// | last chunk | the same with size 0 and no bytes |
/// | trailer | field lines, CRLF |
///
/// Valid if and only if: every line ends in CRLF (a bare LF or CR is refused), nothing but a `;` follows the
/// digits, extensions hold no control characters and stay within their bounds, sizes fit in an `Int`, and
/// trailer fields are valid, within the bounds of a head, and none of them is about framing or routing.
/// Extensions and trailers are read and dropped.
struct HTTPChunkedDecoder {
    enum Step: Equatable {
        /// All bytes have been taken.
        case needMore
        /// A chunk of this size begins.
        case size(Int)
        /// Bytes of the body, as a range of those shown.
        case data(Range<Int>)
        case end
    }

    private enum State {
        case size
        case data(remaining: Int)
        case dataEnd(seenCarriageReturn: Bool)
        case trailer
        case ended
    }

    private var state = State.size
    private var line = ChunkLine()
    private var extensionBytes = 0
    private var trailer = HTTPTrailer()

    /// Reads on in `bytes` from `index`, which is moved behind what was taken.
    mutating func next(
        in bytes: UnsafeRawBufferPointer, at index: inout Int
    ) throws(HTTPParseFailure) -> Step {
        while index < bytes.count {
            switch state {
            case .size:
                if let size = try readSize(bytes, &index) { return .size(size) }
            case .data(let remaining):
                return .data(takeData(remaining, bytes, &index))
            case .dataEnd(let seen):
                try readDataEnd(seen, bytes, &index)
            case .trailer:
                guard try trailer.read(bytes, &index) else { continue }
                state = .ended
                return .end
            case .ended:
                return .end
            }
        }
        return .needMore
    }

    private mutating func readSize(
        _ bytes: UnsafeRawBufferPointer, _ index: inout Int
    ) throws(HTTPParseFailure) -> Int? {
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            guard let size = try line.add(byte) else { continue }
            extensionBytes += line.extensionCount
            guard extensionBytes <= HTTPLimits.chunkExtensionBytesMax else {
                let limit = HTTPLimits.chunkExtensionBytesMax
                throw Self.failure("the chunk extensions have over \(limit) bytes in all")
            }
            line = ChunkLine()
            state = size == 0 ? .trailer : .data(remaining: size)
            return size
        }
        return nil
    }

    private mutating func takeData(
        _ remaining: Int, _ bytes: UnsafeRawBufferPointer, _ index: inout Int
    ) -> Range<Int> {
        let taken = min(remaining, bytes.count - index)
        defer { index += taken }
        state = taken == remaining ? .dataEnd(seenCarriageReturn: false) : .data(remaining: remaining - taken)
        return index..<index + taken
    }

    private mutating func readDataEnd(
        _ seenCarriageReturn: Bool, _ bytes: UnsafeRawBufferPointer, _ index: inout Int
    ) throws(HTTPParseFailure) {
        let expected = seenCarriageReturn ? HTTPCharacters.lineFeed : HTTPCharacters.carriageReturn
        guard bytes[index] == expected else { throw Self.failure("the chunk's bytes do not end in CRLF") }
        index += 1
        state = seenCarriageReturn ? .size : .dataEnd(seenCarriageReturn: true)
    }

    fileprivate static func failure(_ detail: String) -> HTTPParseFailure {
        HTTPParseFailure(.malformed, "chunk", detail)
    }
}

/// The line before a chunk's bytes, read byte by byte.
private struct ChunkLine {
    private var size: UInt64 = 0
    private var digitCount = 0
    private var count = 0
    private var seenCarriageReturn = false
    private(set) var extensionCount = 0

    /// The size, once `byte` completes the line.
    mutating func add(_ byte: UInt8) throws(HTTPParseFailure) -> Int? {
        if seenCarriageReturn {
            guard byte == HTTPCharacters.lineFeed else { throw failure("a bare CR stands in a chunk's line") }
            return try value()
        }
        count += 1
        if byte == HTTPCharacters.carriageReturn {
            guard digitCount > 0 else { throw failure("a chunk's size is missing") }
            seenCarriageReturn = true
        } else if extensionCount > 0 || byte == UInt8(ascii: ";") && digitCount > 0 {
            try addExtension(byte)
        } else {
            try addDigit(byte)
        }
        return nil
    }

    private mutating func addDigit(_ byte: UInt8) throws(HTTPParseFailure) {
        guard let digit = HTTPCharacters.hexadecimal(byte) else {
            let code = String(byte, radix: 16)
            throw failure("a chunk's size holds the byte 0x\(code); it is hexadecimal digits")
        }
        digitCount += 1
        guard digitCount <= HTTPLimits.chunkSizeDigitsMax else {
            throw failure("a chunk's size has over \(HTTPLimits.chunkSizeDigitsMax) digits")
        }
        size = size << 4 | UInt64(digit)
    }

    private mutating func addExtension(_ byte: UInt8) throws(HTTPParseFailure) {
        extensionCount += 1
        guard HTTPCharacters.isFieldContent(byte) else {
            throw failure("a chunk extension contains a control character")
        }
        guard count <= HTTPLimits.chunkLineBytesMax else {
            throw failure("a chunk's line has over \(HTTPLimits.chunkLineBytesMax) bytes")
        }
    }

    private func value() throws(HTTPParseFailure) -> Int {
        guard let value = Int(exactly: size) else {
            throw HTTPParseFailure(.bodyTooLarge, "chunk", "a chunk of \(size) bytes is over every limit")
        }
        return value
    }

    private func failure(_ detail: String) -> HTTPParseFailure { HTTPChunkedDecoder.failure(detail) }
}
