import EventLoop
import LogLine

/// Writes a streamed body, with back-pressure: after a piece ask `hasRoom`, and when there is none wait for
/// `onRoom`.
@LoopActor
public final class BodyWriter {
    /// Called when there is room again, and once right after the stream was started; the writer is to
    /// continue.
    public var onRoom: (@LoopActor () -> Void)?
    /// Called once when the stream is over for the reader's side: the connection is gone. Not after `finish`.
    public var onAbandoned: (@LoopActor () -> Void)?

    /// Bytes of the body that were written and that the kernel has not taken.
    public var queuedBytes: Int { connection?.queuedBytes ?? 0 }
    public var hasRoom: Bool { queuedBytes < ConnectionLimits.lowWaterBytes }
    public private(set) var isFinished = false

    private weak var owner: ServerConnection?
    private var connection: Connection?
    private let isChunked: Bool
    private var bytesLeft: Int?

    init(owner: ServerConnection, connection: Connection, isChunked: Bool, length: Int?) {
        self.owner = owner
        self.connection = connection
        self.isChunked = isChunked
        bytesLeft = length
    }

    public func write(_ slice: ByteSlice) {
        guard begin(slice.count) else { return }
        connection?.send(slice)
        end()
    }

    public func write(file descriptor: Int32, owner: AnyObject, offset: Int, count: Int) {
        guard begin(count) else { return }
        connection?.send(file: descriptor, owner: owner, offset: offset, count: count)
        end()
    }

    /// Asks for `onRoom`, in this turn's end at the earliest.
    public func waitForRoom() { connection?.notifyWhenDrained() }

    /// The body is complete. Precondition: a promised length was written.
    public func finish() {
        guard !isFinished, let connection else { return }
        guard bytesLeft == nil || bytesLeft == 0 else {
            return fail("the answer ended before its length")
        }
        if isChunked { connection.send { $0.append("0\r\n\r\n") } }
        end(finished: true)
        owner?.streamFinished()
    }

    /// The body cannot be completed: the connection is closed, so that the reader does not take the part for
    /// the whole.
    public func fail(_ reason: String) {
        guard !isFinished, let connection else { return }
        connection.close(SocketError(.closed, reason))
        // Closing has told it, unless the stream is not the connection's any more.
        abandon()
    }

    func abandon() {
        guard !isFinished else { return }
        end(finished: true)
        let callback = onAbandoned
        onAbandoned = nil
        callback?()
    }

    func room() {
        guard !isFinished else { return }
        onRoom?()
    }

    private func begin(_ count: Int) -> Bool {
        guard !isFinished, count > 0, let connection else { return false }
        if let left = bytesLeft {
            precondition(count <= left, "more bytes written than the promised length")
            bytesLeft = left - count
        }
        if isChunked {
            connection.send { buffer in
                buffer.append(utf8: String(count, radix: 16))
                buffer.append("\r\n")
            }
        }
        return true
    }

    private func end() {
        if isChunked { connection?.send { $0.append("\r\n") } }
    }

    private func end(finished: Bool) {
        isFinished = finished
        connection = nil
        onRoom = nil
        if finished, owner == nil { onAbandoned = nil }
    }
}
