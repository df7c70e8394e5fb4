import LogLine

@testable import Web

/// Any bytes as what a peer sends on a WebSocket: the first says which peer and how the others are cut.
/// However that is, the decoder reports the same; texts are UTF-8, and what was read can be written and read
/// again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzWebSocket(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 1 else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data, count: count)
    let input = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    let sender: WebSocketDecoder.Sender = bytes[0] & 1 == 0 ? .client : .server
    let whole = trace(input, from: sender, pieceBytes: input.count)
    precondition(trace(input, from: sender, pieceBytes: Int(bytes[0] >> 1) + 1) == whole)
    precondition(trace(input, from: sender, pieceBytes: 1) == whole)
    return 0
}

private let limits: WebSocketLimits = {
    var limits = WebSocketLimits()
    limits.frameBytesMax = 1_000
    limits.messageBytesMax = 1_500
    return limits
}()

/// What the decoder reports about `input` in pieces.
private func trace(
    _ input: UnsafeRawBufferPointer, from sender: WebSocketDecoder.Sender, pieceBytes: Int
) -> [UInt8] {
    let decoder = WebSocketDecoder(from: sender, limits: limits)
    let out = ByteBuffer()
    var rest = input
    while !rest.isEmpty {
        var piece = UnsafeRawBufferPointer(rebasing: rest.prefix(pieceBytes))
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(pieceBytes))
        while append(decoder.next(&piece), to: out) {}
        precondition(piece.isEmpty && decoder.heldBytes <= limits.messageBytesMax + 125)
    }
    out.append(decoder.isIdle ? 1 : 0)
    return out.array
}

/// False: it needs more.
private func append(_ event: WebSocketDecoder.Event, to out: ByteBuffer) -> Bool {
    switch event {
    case .needMore: return false
    case .message(let message):
        let isText = message.kind == .text
        precondition(!isText || String(validating: message.payload.pointer, as: UTF8.self) != nil)
        WebSocketFrame.encode(isText ? .text : .binary, message.payload.pointer, into: out)
        checkRoundTrip(message)
    case .ping(let payload): WebSocketFrame.encode(.ping, payload.pointer, into: out)
    case .pong(let payload): WebSocketFrame.encode(.pong, payload.pointer, into: out)
    case .close(let close): out.append(WebSocketFrame.closePayload(close))
    case .failed(let failure): out.append(utf8: "\(failure)")
    }
    return true
}

private func checkRoundTrip(_ message: WebSocketMessage) {
    let buffer = ByteBuffer()
    let mask = WebSocketMask(1, 2, 3, UInt8(truncatingIfNeeded: message.payload.count))
    WebSocketFrame.encode(
        message.kind == .text ? .text : .binary, message.payload.pointer, mask: mask, into: buffer)
    var frame = buffer.pointer
    let decoder = WebSocketDecoder(from: .client)
    guard case .message(let again) = decoder.next(&frame) else { fatalError("what was written is refused") }
    precondition(again.payload.array == message.payload.array && frame.isEmpty && decoder.isIdle)
}
