import Web

/// Frames by the book (RFC 6455 5.2), independent of the encoder that is tested.
struct TestFrame {
    var first: UInt8
    var payload: [UInt8]
    var mask: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D]

    init(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true) {
        first = opcode | (isFinal ? 0x80 : 0)
        self.payload = payload
    }

    init(_ opcode: UInt8, _ text: String, isFinal: Bool = true) {
        self.init(opcode, Array(text.utf8), isFinal: isFinal)
    }

    /// A close frame of a client.
    static func close(_ code: UInt16, _ reason: String = "") -> TestFrame {
        TestFrame(8, [UInt8(code >> 8), UInt8(code & 255)] + Array(reason.utf8))
    }

    /// With the length in the shortest form.
    var bytes: [UInt8] {
        let bigEndian = (0..<8).map { index in UInt8(payload.count >> (56 - 8 * index) & 255) }
        switch payload.count {
        case ...125: return bytes(length: [UInt8(payload.count)])
        case ...0xFFFF: return bytes(length: [126] + bigEndian.suffix(2))
        default: return bytes(length: [127] + bigEndian)
        }
    }

    /// `length`: the second byte without the mask's bit, and what follows of the length.
    func bytes(length: [UInt8]) -> [UInt8] {
        guard let mask else { return [first] + length + payload }
        let masked = payload.enumerated().map { $1 ^ mask[$0 % 4] }
        return [first, length[0] | 0x80] + length.dropFirst() + mask + masked
    }

    var unmasked: TestFrame {
        var frame = self
        frame.mask = nil
        return frame
    }
}

/// What a decoder reports about `pieces`, one text per event; pulled dry after every piece.
func webSocketTranscript(
    _ pieces: [[UInt8]], from sender: WebSocketDecoder.Sender = .client, limits: WebSocketLimits = .small
) -> [String] {
    let decoder = WebSocketDecoder(from: sender, limits: limits)
    return pieces.flatMap { events(of: decoder, $0) } + [decoder.isIdle ? "idle" : "under way"]
}

func webSocketTranscript(_ frames: TestFrame...) -> [String] {
    webSocketTranscript([frames.flatMap(\.bytes)])
}

func events(of decoder: WebSocketDecoder, _ piece: [UInt8]) -> [String] {
    piece.withUnsafeBytes { bytes in
        var events = [String]()
        var rest = bytes
        while true {
            switch decoder.next(&rest) {
            case .needMore: return rest.isEmpty ? events : events + ["\(rest.count) bytes unread"]
            case .message(let message): events.append("\(message.kind) \(message.payload.text)")
            case .ping(let payload): events.append("ping \(payload.text)")
            case .pong(let payload): events.append("pong \(payload.text)")
            case .close(let close): events.append("close \(close.code.rawValue) \(close.reason)")
            case .failed(let failure): events.append("failed \(failure.code.rawValue): \(failure.message)")
            }
        }
    }
}

extension WebSocketLimits {
    /// A frame of 70,000 bytes, a message of 100,000.
    static var small: WebSocketLimits {
        var limits = WebSocketLimits()
        limits.frameBytesMax = 70_000
        limits.messageBytesMax = 100_000
        return limits
    }
}
