import EventLoop
import LogLine

/// Something to be said to many channels: its bytes are made once for each kind of channel, when the first of
/// the kind wants them, and shared by all of them by reference.
///
/// On a WebSocket it is a text frame with the payload. On an event stream it is an event with the payload as
/// its data, and with `id` and `event` where there are such.
@LoopActor
public final class PreparedFrame {
    private let payload: ByteSlice
    private let id: [UInt8]
    private let event: [UInt8]
    private var madeText: ByteSlice?
    private var madeEvent: EventStreamChunk?

    /// `payload`: valid UTF-8. `id`: what a client names to resume (Last-Event-ID). `event`: its type; empty:
    /// `message`. Precondition: neither holds a line's end or NUL.
    public init(_ payload: ByteSlice, id: [UInt8] = [], event: [UInt8] = []) {
        self.payload = payload
        self.id = id
        self.event = event
    }

    /// The frame of a server.
    var textFrame: ByteSlice {
        if let madeText { return madeText }
        let buffer = ByteBuffer(capacity: payload.count + 10)
        WebSocketFrame.encode(.text, payload.pointer, into: buffer)
        let made = buffer.takeSlice()
        madeText = made
        return made
    }

    var eventChunk: EventStreamChunk {
        if let madeEvent { return madeEvent }
        let made = EventStreamChunk { buffer in
            EventStreamField.encodeEvent(payload.pointer, id: id, event: event, into: buffer)
        }
        madeEvent = made
        return made
    }
}
