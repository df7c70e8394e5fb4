import EventLoop
import LogLine

/// Something to be said to many channels, one message or several that follow each other: its bytes are made
/// once for each kind of channel, in one piece, when the first of the kind wants them, and shared by all of
/// them by reference.
@LoopActor
public final class PreparedFrame {
    /// On a WebSocket it is a text frame with the payload. On an event stream it is an event with the payload
    /// as its data, and with `id` and `event` where there are such.
    public struct Message {
        let payload: ByteSlice
        let id: () -> [UInt8]
        let event: [UInt8]

        /// `payload`: valid UTF-8. `id`: what a client names to resume (Last-Event-ID), asked for only when
        /// there is an event stream. `event`: its type; empty: `message`. Precondition: neither holds a
        /// line's end or NUL.
        public init(
            _ payload: ByteSlice, event: [UInt8] = [], id: @escaping () -> [UInt8] = { [] }
        ) {
            self.payload = payload
            self.event = event
            self.id = id
        }
    }

    private let messages: [Message]
    private var madeText: ByteSlice?
    private var madeEvent: EventStreamChunk?

    public init(_ messages: [Message]) { self.messages = messages }

    public convenience init(_ payload: ByteSlice, id: [UInt8] = [], event: [UInt8] = []) {
        self.init([Message(payload, event: event) { id }])
    }

    /// The frames of a server.
    var textFrame: ByteSlice {
        if let madeText { return madeText }
        let buffer = ByteBuffer(
            capacity: messages.reduce(0) { $0 + $1.payload.count + WebSocketHeader.unmaskedBytesMax })
        for message in messages { WebSocketFrame.encode(.text, message.payload.pointer, into: buffer) }
        let made = buffer.takeSlice()
        madeText = made
        return made
    }

    var eventChunk: EventStreamChunk {
        if let madeEvent { return madeEvent }
        let made = EventStreamChunk { buffer in
            for message in messages {
                EventStreamField.encodeEvent(
                    message.payload.pointer, id: message.id(), event: message.event, into: buffer)
            }
        }
        madeEvent = made
        return made
    }
}
