import CSystem
import Glibc
import LogLine

/// What a protocol does with a connection's bytes.
@LoopActor
public protocol ConnectionHandler: AnyObject {
    /// `bytes` are valid during the call only.
    func received(_ bytes: UnsafeRawBufferPointer)
    /// The peer has sent its last byte; it may still read.
    func receivedEnd()
    /// Less than `ConnectionLimits.lowWaterBytes` are unsent. Called only after
    /// `Connection.notifyWhenDrained`.
    func drained()
    /// The last call; nil: closed by our side.
    func closed(_ error: SocketError?)
}

/// Counts connections: told of an end whoever handles the connection by then.
@LoopActor
public protocol ConnectionOwner: AnyObject {
    /// The last call, behind the handler's `closed`.
    func ended(_ connection: Connection)
}

/// A TCP connection on the loop: bytes in, an ordered queue of bytes and file regions out.
///
/// Output is flushed at the end of the turn in which it was queued: many small answers leave in one system
/// call. Memory is held only while bytes are under way. Backpressure: the queue has no bound of its own; who
/// queues looks at `queuedBytes` and asks with `notifyWhenDrained` to be called when there is room.
@LoopActor
public final class Connection: Flushable {
    public let peer: SocketAddress
    /// Set right after the connection was made; kept until it is closed.
    @exclusivity(unchecked) public var handler: (any ConnectionHandler)?
    /// Kept until the connection is closed.
    public var owner: (any ConnectionOwner)?

    /// Without the run-time exclusivity check, which each look at the queue's length would pay for: nothing
    /// is called out to while it changes.
    @exclusivity(unchecked) private var output = OutputQueue()
    private var readEvent: LoopEvent?
    private var writeEvent: LoopEvent?
    private var lingering: Lingering?

    // With the small ones: thousands of these are idle.
    private let descriptor: Int32
    private var isOpen = true
    private var isFlushQueued = false
    private var isBlocked = false
    private var isDrainWanted = false
    private var closesWhenFlushed = false
    private var isReading = false
    private var hasReceivedEnd = false

    private final class Lingering {
        let deadline: LoopTimer
        var bytesLeft = ConnectionLimits.lingerBytesMax

        init(deadline: LoopTimer) { self.deadline = deadline }
    }

    /// Takes over a connected, non-blocking socket.
    public init(_ descriptor: Int32, peer: SocketAddress) {
        self.descriptor = descriptor
        self.peer = peer
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &one, 4)
        readEvent = LoopEvent(descriptor, [.readable, .persistent]) { [unowned self] in receiveAll() }
        resumeReading()
    }

    // MARK: Sending

    /// Bytes that the kernel has not taken yet.
    public var queuedBytes: Int { output.count }

    public var isClosed: Bool { !isOpen || closesWhenFlushed || lingering != nil }

    /// Lets `write` append bytes to what is sent next. Nothing is sent on a closed connection.
    public func send(_ write: (ByteBuffer) -> Void) {
        guard !isClosed else { return }
        let buffer = output.takeTail()
        write(buffer)
        output.putBack(tail: buffer)
        queueFlush()
    }

    /// Shares `slice` with the socket; it is not copied unless it is small.
    public func send(_ slice: ByteSlice) {
        guard !isClosed else { return }
        output.append(slice)
        queueFlush()
    }

    /// Shares `slice` with the socket, never copied: for bytes that many sockets send. Of several that are
    /// queued in one turn, all leave in one system call (up to `ConnectionLimits.piecesPerSend`).
    public func send(shared slice: ByteSlice) {
        guard !isClosed else { return }
        output.append(shared: slice)
        queueFlush()
    }

    /// Sends a region of a file with `sendfile`; `owner` keeps the descriptor open meanwhile.
    public func send(file descriptor: Int32, owner: AnyObject, offset: Int, count: Int) {
        guard !isClosed else { return }
        output.append(file: descriptor, owner: owner, offset: offset, count: count)
        queueFlush()
    }

    /// Calls the handler's `drained` once, at the end of this turn or later, when less than
    /// `ConnectionLimits.lowWaterBytes` are unsent.
    public func notifyWhenDrained() {
        isDrainWanted = true
        queueFlush()
    }

    /// Has the kernel break the connection when the peer acknowledges nothing of what was sent for so long:
    /// a dead peer is noticed although nothing of it is awaited (tcp(7), TCP_USER_TIMEOUT).
    public func limitUnacknowledgedTime(to time: Duration) {
        var milliseconds = UInt32(max(1, min(time / .milliseconds(1), 86_400_000)))
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, 4)
    }

    // MARK: Receiving

    /// Backpressure towards the peer.
    public func pauseReading() {
        guard isReading else { return }
        isReading = false
        readEvent?.remove()
    }

    public func resumeReading() {
        guard isOpen, !isReading, !hasReceivedEnd else { return }
        isReading = true
        readEvent?.add()
    }

    /// Hands over what has arrived and was not read yet, within this call.
    public func receiveArrived() {
        guard isReading else { return }
        receiveAll()
    }

    // MARK: Closing

    /// At once; what is queued is lost.
    public func close(_ error: SocketError? = nil) {
        guard isOpen else { return }
        isOpen = false
        readEvent?.cancel()
        writeEvent?.cancel()
        lingering = nil
        output.removeAll()
        Glibc.close(descriptor)
        let handler = self.handler
        self.handler = nil
        handler?.closed(error)
        owner.take()?.ended(self)
    }

    /// Sends what is queued, then closes our direction and reads the peer's rest away, so that no reset
    /// destroys what we sent last.
    public func closeGracefully() {
        guard !isClosed else { return }
        closesWhenFlushed = true
        queueFlush()
    }

    // MARK: Private: output

    private func queueFlush() {
        guard !isFlushQueued, !isBlocked, isOpen else { return }
        isFlushQueued = true
        EventLoop.shared.flushAtEndOfTurn(self)
    }

    public func flush() {
        isFlushQueued = false
        guard isOpen else { return }
        var budget = ConnectionLimits.sendBytesPerTurn
        while !output.isEmpty, budget > 0 {
            switch output.sendOnce(descriptor) {
            case .sent(let bytes): budget -= bytes
            case .wouldBlock:
                waitUntilWritable()
                return notifyIfDrained()
            case .failed(let number):
                return close(SocketError("send to \(peer)", errno: number))
            }
        }
        notifyIfDrained()
        // The handler may have closed it: the descriptor can be another one's by now.
        guard isOpen else { return }
        if !output.isEmpty { return queueFlush() }
        // Idle connections hold nothing that only a full socket needs.
        writeEvent = nil
        if closesWhenFlushed { linger() }
    }

    private func waitUntilWritable() {
        isBlocked = true
        if writeEvent == nil {
            writeEvent = LoopEvent(descriptor, [.writable]) { [unowned self] in
                isBlocked = false
                queueFlush()
            }
        }
        writeEvent?.add()
    }

    private func notifyIfDrained() {
        guard isDrainWanted, output.count < ConnectionLimits.lowWaterBytes else { return }
        isDrainWanted = false
        handler?.drained()
    }

    private func linger() {
        guard lingering == nil else { return }
        shutdown(descriptor, Int32(SHUT_WR))
        guard !hasReceivedEnd else { return close() }
        let deadline = LoopTimer { [unowned self] in close() }
        deadline.schedule(after: ConnectionLimits.lingerTime)
        lingering = Lingering(deadline: deadline)
        resumeReading()
    }

    // MARK: Private: input

    private func receiveAll() {
        var budget = ConnectionLimits.receiveBytesPerTurn
        while isOpen, isReading, budget > 0 {
            let scratch = ReceiveScratch.shared.bytes
            let count = recv(descriptor, scratch.baseAddress, scratch.count, 0)
            if count > 0 {
                budget -= count
                deliver(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
                if count < scratch.count { return }
            } else if count == 0 {
                return receiveEnd()
            } else if errno == EAGAIN || errno == EINTR {
                return
            } else {
                return close(SocketError("receive from \(peer)", errno: errno))
            }
        }
    }

    private func deliver(_ bytes: UnsafeRawBufferPointer) {
        guard lingering == nil else {
            lingering?.bytesLeft -= bytes.count
            if let left = lingering?.bytesLeft, left < 0 { close() }
            return
        }
        // A connection that will only be flushed and closed has no use for more input.
        guard !closesWhenFlushed else { return }
        handler?.received(bytes)
    }

    private func receiveEnd() {
        hasReceivedEnd = true
        pauseReading()
        if lingering != nil { return close() }
        handler?.receivedEnd()
    }
}

/// One buffer for all receives of the loop: handlers consume or copy during the call.
@LoopActor
private struct ReceiveScratch {
    static let shared = ReceiveScratch()
    let bytes = UnsafeMutableRawBufferPointer.allocate(
        byteCount: ConnectionLimits.receiveBytes, alignment: 64)
}
