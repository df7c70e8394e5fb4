import LogLine

/// The head of a frame (RFC 6455 5.2).
///
/// | byte | bits | |
/// |---|---|---|
/// | 0 | 0x80 | FIN: the message's last frame |
/// | 0 | 0x70 | reserved for extensions: 0, as none is negotiated |
/// | 0 | 0x0F | opcode |
/// | 1 | 0x80 | masked: set by clients only, and always |
/// | 1 | 0x7F | the payload's length up to 125; 126: two bytes with it follow; 127: eight |
/// | then | | the length, most significant byte first, if so announced |
/// | then | | the mask's four bytes, if masked |
///
/// Valid if and only if: the reserved bits are 0; the opcode is known; a control frame is final and has at
/// most 125 bytes; the length is written in the shortest of the three forms and below 2^63.
public struct WebSocketHeader: Equatable, Sendable {
    public let isFinal: Bool
    public let opcode: WebSocketOpcode
    /// Of the payload.
    public let count: Int
    /// Nil: not masked.
    public let mask: WebSocketMask?

    public init(_ opcode: WebSocketOpcode, count: Int, isFinal: Bool = true, mask: WebSocketMask? = nil) {
        self.isFinal = isFinal
        self.opcode = opcode
        self.count = count
        self.mask = mask
    }

    /// Of a server's, which are not masked.
    static let unmaskedBytesMax = 10

    /// 2 to 14 bytes.
    public func encode(into buffer: ByteBuffer) {
        let masked: UInt8 = mask == nil ? 0 : 0x80
        buffer.append(opcode.rawValue | (isFinal ? 0x80 : 0))
        switch count {
        case 0...125:
            buffer.append(masked | UInt8(count))
        case 126...0xFFFF:
            buffer.append(masked | 126)
            append(UInt16(count).bigEndian, to: buffer)
        default:
            buffer.append(masked | 127)
            append(UInt64(count).bigEndian, to: buffer)
        }
        if let mask { append(mask.word.littleEndian, to: buffer) }
    }

    private func append(_ value: some FixedWidthInteger, to buffer: ByteBuffer) {
        withUnsafeBytes(of: value) { buffer.append($0) }
    }
}

/// Reads a frame's head byte by byte; what is wrong with it is refused at the byte that shows it.
struct WebSocketHeaderReader: Sendable {
    private enum Stage {
        case first, second
        case length(left: UInt8)
        case mask(left: UInt8)
    }

    private var stage = Stage.first
    private var isFinal = false
    private var opcode = WebSocketOpcode.continuation
    private var isMasked = false
    /// The length is written in eight bytes, not in two.
    private var isLong = false
    private var count: UInt64 = 0
    private var maskWord: UInt32 = 0

    /// Whether nothing of a frame was read.
    var isAtStart: Bool {
        if case .first = stage { return true }
        return false
    }

    /// What has been read of the opcode and FIN; behind the first byte.
    var kind: (opcode: WebSocketOpcode, isFinal: Bool) { (opcode, isFinal) }

    /// The whole header with its last byte; until then nil.
    mutating func read(_ byte: UInt8) throws(WebSocketFailure) -> WebSocketHeader? {
        switch stage {
        case .first: try readFirst(byte)
        case .second: return try readSecond(byte)
        case .length(let left):
            count = count << 8 | UInt64(byte)
            guard left == 1 else {
                stage = .length(left: left - 1)
                return nil
            }
            try checkLength()
            return endLength()
        case .mask(let left):
            maskWord = maskWord >> 8 | UInt32(byte) << 24
            guard left == 1 else {
                stage = .mask(left: left - 1)
                return nil
            }
            return complete()
        }
        return nil
    }

    private mutating func readFirst(_ byte: UInt8) throws(WebSocketFailure) {
        guard byte & 0x70 == 0 else {
            throw WebSocketFailure("a reserved bit is set, and no extension was agreed on")
        }
        guard let opcode = WebSocketOpcode(rawValue: byte & 0x0F) else {
            throw WebSocketFailure("the opcode \(byte & 0x0F) is reserved")
        }
        isFinal = byte & 0x80 != 0
        guard isFinal || !opcode.isControl else { throw WebSocketFailure("a control frame is fragmented") }
        self.opcode = opcode
        stage = .second
    }

    private mutating func readSecond(_ byte: UInt8) throws(WebSocketFailure) -> WebSocketHeader? {
        isMasked = byte & 0x80 != 0
        count = UInt64(byte & 0x7F)
        guard count > UInt64(WebSocketLimits.controlBytesMax) else { return endLength() }
        guard !opcode.isControl else {
            throw WebSocketFailure(
                "a control frame has over \(WebSocketLimits.controlBytesMax) bytes")
        }
        stage = .length(left: count == 126 ? 2 : 8)
        isLong = count == 127
        count = 0
        return nil
    }

    private func checkLength() throws(WebSocketFailure) {
        guard count <= UInt64(Int.max) else { throw WebSocketFailure("a frame's length has its top bit set") }
        guard count > (isLong ? 0xFFFF : 125) else {
            throw WebSocketFailure("a frame's length is not written in its shortest form")
        }
    }

    private mutating func endLength() -> WebSocketHeader? {
        guard isMasked else { return complete() }
        stage = .mask(left: 4)
        return nil
    }

    private mutating func complete() -> WebSocketHeader {
        let header = WebSocketHeader(
            opcode, count: Int(count), isFinal: isFinal, mask: isMasked ? WebSocketMask(word: maskWord) : nil)
        self = WebSocketHeaderReader()
        return header
    }
}
