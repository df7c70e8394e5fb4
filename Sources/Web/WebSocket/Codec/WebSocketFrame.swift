import LogLine

/// Writes whole frames of a server (not masked) or, with a mask, of a client.
public enum WebSocketFrame {
    public static func encode(
        _ opcode: WebSocketOpcode, _ payload: UnsafeRawBufferPointer, isFinal: Bool = true,
        mask: WebSocketMask? = nil, into buffer: ByteBuffer
    ) {
        WebSocketHeader(opcode, count: payload.count, isFinal: isFinal, mask: mask).encode(into: buffer)
        guard let mask else { return buffer.append(payload) }
        buffer.append(upTo: payload.count) { room in
            mask.apply(payload, at: 0, to: room)
            return payload.count
        }
    }

    /// A close frame's payload; a reason that is too long is cut between two characters.
    /// Precondition: the code may be sent, or is `none`.
    public static func closePayload(_ close: WebSocketClose) -> [UInt8] {
        guard close.code != .none else { return [] }
        precondition(close.code.isSendable, "the close code \(close.code.rawValue) may not be sent")
        let code = close.code.rawValue
        return [UInt8(code >> 8), UInt8(code & 0xFF)] + cut(close.reason)
    }

    private static func cut(_ reason: String) -> [UInt8] {
        var bytes = [UInt8]()
        for scalar in reason.unicodeScalars {
            guard let encoded = UTF8.encode(scalar) else { continue }
            guard bytes.count + encoded.count <= WebSocketLimits.reasonBytesMax else { break }
            bytes += encoded
        }
        return bytes
    }
}
