import LogLine

/// A whole message, its fragments put together.
public struct WebSocketMessage: Sendable {
    public enum Kind: Sendable { case text, binary }

    public let kind: Kind
    /// Of a text: valid UTF-8.
    public let payload: ByteSlice
}

/// Reads the frames of one direction of a WebSocket, strictly (RFC 6455 5 to 8): messages come out whole,
/// everything that the RFC calls an error fails.
///
/// Happy path: pull with `next` until it needs more; `input` shrinks by what was read. The events depend only
/// on the bytes, never on how they were cut into pieces; but what is wrong is reported with the piece that
/// shows it, in the middle of a frame too.
/// Failures: a broken rule or a mask that is missing (or too much) is 1002, text that is not UTF-8 1007, a
/// frame or message above its limit 1009. Behind a failure, and behind a close frame, all input is passed
/// over.
///
/// Holds memory only for a message that is under way, as much as has arrived of it.
public final class WebSocketDecoder {
    public enum Sender: Sendable {
        /// Its frames must be masked.
        case client
        /// Its frames must not be.
        case server
    }

    public enum Event: Sendable {
        /// Everything was read.
        case needMore
        case message(WebSocketMessage)
        case ping(ByteSlice)
        case pong(ByteSlice)
        case close(WebSocketClose)
        case failed(WebSocketFailure)
    }

    private enum State {
        case header
        /// `received`: bytes of the payload that were read.
        case payload(WebSocketHeader, received: Int)
        case ended
    }

    private let sender: Sender
    private let limits: WebSocketLimits
    private var state = State.header
    private var header = WebSocketHeaderReader()
    /// Of the message whose next frame is a continuation.
    private var fragmented: WebSocketMessage.Kind?
    private let message = ByteBuffer()
    private let control = ByteBuffer()
    private var utf8 = UTF8Check()

    public init(from sender: Sender, limits: WebSocketLimits = WebSocketLimits()) {
        self.sender = sender
        self.limits = limits
    }

    /// Whether nothing is under way: then it holds no memory, and a new one in its place reads the same.
    public var isIdle: Bool {
        guard case .header = state else { return false }
        return header.isAtStart && fragmented == nil
    }

    /// What it keeps of a message that is not complete.
    public var heldBytes: Int { message.count + control.count }

    public func next(_ input: inout UnsafeRawBufferPointer) -> Event {
        do throws(WebSocketFailure) {
            while true {
                switch state {
                case .header:
                    guard try readHeader(&input) else { return .needMore }
                case .payload(let header, let received):
                    guard try readPayload(header, from: received, &input) else { return .needMore }
                    if let event = try endFrame(header) { return event }
                case .ended:
                    input = UnsafeRawBufferPointer(rebasing: input[input.endIndex...])
                    return .needMore
                }
            }
        } catch {
            end()
            return .failed(error)
        }
    }

    // MARK: Private: frames

    /// False: its end has not arrived.
    private func readHeader(_ input: inout UnsafeRawBufferPointer) throws(WebSocketFailure) -> Bool {
        var index = 0
        defer { input = UnsafeRawBufferPointer(rebasing: input[index...]) }
        while index < input.count {
            let complete = try header.read(input[index])
            index += 1
            if let complete {
                try check(complete)
                state = .payload(complete, received: 0)
                return true
            }
            if index == 1 { try checkSequence() }
        }
        return false
    }

    /// Continuations follow a frame that is not final, and nothing else does but control frames.
    private func checkSequence() throws(WebSocketFailure) {
        guard !header.isAtStart else { return }
        switch header.kind.opcode {
        case .continuation where fragmented == nil:
            throw WebSocketFailure("a continuation frame continues nothing")
        case .text where fragmented != nil, .binary where fragmented != nil:
            throw WebSocketFailure("a message begins before the one before it has ended")
        case .continuation, .text, .binary, .close, .ping, .pong:
            return
        }
    }

    private func check(_ header: WebSocketHeader) throws(WebSocketFailure) {
        switch sender {
        case .client where header.mask == nil: throw WebSocketFailure("a client's frame is not masked")
        case .server where header.mask != nil: throw WebSocketFailure("a server's frame is masked")
        case .client, .server: break
        }
        guard !header.opcode.isControl else { return }
        guard header.count <= limits.frameBytesMax else {
            throw WebSocketFailure(
                .messageTooBig, "a frame has \(header.count) bytes; the limit is \(limits.frameBytesMax)")
        }
        guard header.count <= limits.messageBytesMax - message.count else {
            throw WebSocketFailure(
                .messageTooBig, "a message has over \(limits.messageBytesMax) bytes")
        }
        begin(header.opcode)
    }

    private func begin(_ opcode: WebSocketOpcode) {
        switch opcode {
        case .text: fragmented = .text
        case .binary: fragmented = .binary
        case .continuation, .close, .ping, .pong: break
        }
    }

    /// False: its end has not arrived.
    private func readPayload(
        _ header: WebSocketHeader, from received: Int, _ input: inout UnsafeRawBufferPointer
    ) throws(WebSocketFailure) -> Bool {
        let piece = UnsafeRawBufferPointer(rebasing: input.prefix(header.count - received))
        let buffer = header.opcode.isControl ? control : message
        let start = buffer.count
        append(piece, of: header, at: received, to: buffer)
        if !header.opcode.isControl, fragmented == .text {
            try checkText(UnsafeRawBufferPointer(rebasing: buffer.pointer[start...]))
        }
        input = UnsafeRawBufferPointer(rebasing: input.dropFirst(piece.count))
        let total = received + piece.count
        state = .payload(header, received: total)
        return total == header.count
    }

    private func append(
        _ piece: UnsafeRawBufferPointer, of header: WebSocketHeader, at offset: Int, to buffer: ByteBuffer
    ) {
        guard !piece.isEmpty else { return }
        guard let mask = header.mask else { return buffer.append(piece) }
        buffer.append(upTo: piece.count) { room in
            mask.apply(piece, at: offset, to: room)
            return piece.count
        }
    }

    private func checkText(_ bytes: UnsafeRawBufferPointer) throws(WebSocketFailure) {
        guard utf8.firstInvalid(in: bytes) == nil else {
            throw WebSocketFailure(.invalidText, "the text is not UTF-8")
        }
    }

    // MARK: Private: events

    private func endFrame(_ header: WebSocketHeader) throws(WebSocketFailure) -> Event? {
        state = .header
        switch header.opcode {
        case .ping: return .ping(control.takeSlice())
        case .pong: return .pong(control.takeSlice())
        case .close: return .close(try readClose())
        case .text, .binary, .continuation: return header.isFinal ? try endMessage() : nil
        }
    }

    private func endMessage() throws(WebSocketFailure) -> Event? {
        guard let kind = fragmented else { return nil }
        guard utf8.isComplete else {
            throw WebSocketFailure(.invalidText, "the text ends within a character")
        }
        fragmented = nil
        return .message(WebSocketMessage(kind: kind, payload: message.takeSlice()))
    }

    /// RFC 6455 5.5.1: empty, or a code and a reason.
    private func readClose() throws(WebSocketFailure) -> WebSocketClose {
        let payload = control.takeSlice()
        end()
        guard payload.count > 0 else { return WebSocketClose(.none) }
        guard payload.count > 1 else { throw WebSocketFailure("a close frame has one byte") }
        let bytes = payload.pointer
        let code = WebSocketCloseCode(rawValue: UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
        guard code.isSendable else {
            throw WebSocketFailure("the close code \(code.rawValue) may not be sent")
        }
        guard let reason = String(validating: bytes.dropFirst(2), as: UTF8.self) else {
            throw WebSocketFailure(.invalidText, "a close frame's reason is not UTF-8")
        }
        return WebSocketClose(code, reason)
    }

    private func end() {
        state = .ended
        fragmented = nil
        message.release()
        control.release()
    }
}
