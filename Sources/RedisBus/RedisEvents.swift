import CHiredis
import EventLoop

/// What hiredis asks of an event loop, in place of its own adapter for libevent.
///
/// That one registers with the kernel anew for every command and every reply: five system calls a publish.
/// Here the socket stays registered for reading, and commands are written at the end of the turn in which
/// they were given, all together. Only what the kernel does not take waits for a writable socket.
@LoopActor
final class RedisEvents: Flushable {
    /// Nil once hiredis has let go of us.
    private var context: UnsafeMutablePointer<redisAsyncContext>?
    private var readEvent: LoopEvent?
    private var writeEvent: LoopEvent?
    private var isReading = false
    /// The socket is to become writable: it is being connected, or it was full.
    private var isBlocked = false
    private var isConnected = false
    private var isWriting = false
    private var isFlushQueued = false
    private let onRead: () -> Void

    /// Takes the place of an adapter. hiredis holds the object until it frees the context.
    /// - Parameter onRead: called after each piece that was received, when hiredis is done with it.
    static func attach(
        to context: UnsafeMutablePointer<redisAsyncContext>, onRead: @escaping () -> Void
    ) {
        let events = RedisEvents(context, onRead)
        // Balanced in `cleanUp`.
        context.pointee.ev.data = Unmanaged.passRetained(events).toOpaque()
        context.pointee.ev.addRead = { data in RedisEvents.on(data) { $0.addRead() } }
        context.pointee.ev.delRead = { data in RedisEvents.on(data) { $0.removeRead() } }
        context.pointee.ev.addWrite = { data in RedisEvents.on(data) { $0.addWrite() } }
        context.pointee.ev.delWrite = { data in RedisEvents.on(data) { $0.removeWrite() } }
        context.pointee.ev.cleanup = { data in RedisEvents.on(data) { $0.cleanUp() } }
    }

    private init(_ context: UnsafeMutablePointer<redisAsyncContext>, _ onRead: @escaping () -> Void) {
        self.context = context
        self.onRead = onRead
        let descriptor = Int32(context.pointee.c.fd)
        readEvent = LoopEvent(descriptor, [.readable, .persistent]) { [unowned self] in read() }
        writeEvent = LoopEvent(descriptor, [.writable]) { [unowned self] in
            isBlocked = false
            isConnected = true
            write()
        }
    }

    func flush() {
        isFlushQueued = false
        if !isBlocked { write() }
    }

    // MARK: Private

    private nonisolated static func on(
        _ data: UnsafeMutableRawPointer?, _ body: @LoopActor (RedisEvents) -> Void
    ) {
        guard let data else { return }
        let events = Unmanaged<RedisEvents>.fromOpaque(data).takeUnretainedValue()
        LoopActor.assumeIsolated { body(events) }
    }

    private func read() {
        guard let context else { return }
        redisAsyncHandleRead(context)
        if self.context != nil { onRead() }
    }

    private func write() {
        guard let context else { return }
        isWriting = true
        redisAsyncHandleWrite(context)
        isWriting = false
    }

    private func addRead() {
        guard !isReading else { return }
        isReading = true
        readEvent?.add()
    }

    private func removeRead() {
        guard isReading else { return }
        isReading = false
        readEvent?.remove()
    }

    private func addWrite() {
        guard !isBlocked else { return }
        if isWriting || !isConnected {
            isBlocked = true
            writeEvent?.add()
        } else if !isFlushQueued {
            isFlushQueued = true
            EventLoop.shared.flushAtEndOfTurn(self)
        }
    }

    private func removeWrite() {
        guard isBlocked else { return }
        isBlocked = false
        writeEvent?.remove()
    }

    private func cleanUp() {
        guard let context else { return }
        context.pointee.ev.cleanup = nil
        self.context = nil
        readEvent?.cancel()
        writeEvent?.cancel()
        Unmanaged.passUnretained(self).release()
    }
}
