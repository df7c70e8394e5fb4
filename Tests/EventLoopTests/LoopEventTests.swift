import Glibc
import Testing
import Threads

@testable import EventLoop

@Suite("Events of the loop")
struct LoopEventTests {
    @Test("A connection that takes the descriptor of one closed in the same turn receives")
    func descriptorReuse() async throws {
        // Given a connection that the server closes at its first byte
        EventLoop.shared.startThread()
        let server = try await ClosingServer.start()
        for _ in 0..<20 {
            let first = try BlockingClient(port: server.port)
            #expect(first.receive() == 1)
            // When its byte and another connection arrive in one turn of the loop
            let hold = LoopHold()
            first.send()
            let second = try BlockingClient(port: server.port)
            second.send()
            hold.release()
            // Then both are served
            #expect(first.receive() == 0)
            #expect(second.receive() == 1)
            #expect(second.receive() == 0)
        }
        await server.stop()
    }

    @Test("An event that is dropped in its own callback is not called again")
    func droppedInCallback() async {
        EventLoop.shared.startThread()
        let calls = await withCheckedContinuation { continuation in
            EventLoop.shared.execute { SelfDroppingTimer.start { continuation.resume(returning: $0) } }
        }
        #expect(calls == 1)
    }

    @Test("An event whose last reference goes on another thread is not called any more")
    func droppedElsewhere() async {
        EventLoop.shared.startThread()
        let isCalled = Protected(false)
        let box = OwnedEvent()
        let hold = LoopHold {
            box.event = LoopEvent(-1, [.timeout]) { isCalled.withLock { $0 = true } }
            box.event?.add(timeout: .milliseconds(1))
        }
        // When it is dropped there, and due before the loop turns again
        await Task.detached { box.event = nil }.value
        await withCheckedContinuation { continuation in
            EventLoop.shared.execute { SelfDroppingTimer.start { _ in continuation.resume() } }
            hold.release()
        }
        // Then it was not called when a later one was
        let wasCalled = isCalled.withLock { $0 }
        #expect(!wasCalled)
    }
}

/// Greets each connection with a byte and closes it at the first one it gets.
@LoopActor
private final class ClosingServer {
    private final class Peer: ConnectionHandler {
        private let connection: Connection

        init(_ connection: Connection) {
            self.connection = connection
            connection.send { $0.append(UInt8(ascii: "h")) }
        }

        func received(_ bytes: UnsafeRawBufferPointer) { connection.close() }
        func receivedEnd() { connection.close() }
        func drained() {}
        func closed(_ error: SocketError?) {}
    }

    private let listener: Listener
    let port: UInt16

    private init() throws {
        listener = try Listener(host: "127.0.0.1", port: 0) { $0.handler = Peer($0) }
        port = listener.address.port
    }

    static func start() throws -> ClosingServer { try ClosingServer() }

    func stop() { listener.close() }
}

/// A socket of the test's own thread; nothing it waits for takes longer than its time-out.
private struct BlockingClient: ~Copyable {
    private let descriptor: Int32

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let address = try SocketAddress.resolve(host: "127.0.0.1", port: port, isNumeric: true)
        let status = address.withSockaddr { connect(descriptor, $0, $1) }
        guard status == 0 else { throw SocketError("connect", errno: errno) }
    }

    deinit { close(descriptor) }

    func send() { _ = Glibc.send(descriptor, "x", 1, Int32(MSG_NOSIGNAL)) }

    /// How many bytes came; 0 at the end, -1 after the time-out.
    func receive() -> Int {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, 0)
    }
}

/// Keeps the loop from turning, from the moment it is made until it is released.
private final class LoopHold: Sendable {
    private let entered = Gate()
    private let left = Gate()

    /// `first` runs on the loop before it is held.
    init(_ first: @escaping @LoopActor @Sendable () -> Void = {}) {
        EventLoop.shared.execute { [entered, left] in
            first()
            entered.open()
            left.wait()
        }
        entered.wait()
    }

    func release() { left.open() }
}

/// Opens once.
private final class Gate: @unchecked Sendable {
    // Guard: a POSIX semaphore, made for several threads; its place in memory never changes.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func open() { sem_post(semaphore) }

    func wait() {
        while sem_wait(semaphore) != 0 && errno == EINTR {}
    }
}

/// A repeating timer that ends itself at its first call.
@LoopActor
private final class SelfDroppingTimer {
    private var event: LoopEvent?
    private var calls = 0
    private var end: LoopEvent?

    static func start(_ completion: @escaping @LoopActor (Int) -> Void) {
        let timer = SelfDroppingTimer()
        timer.event = LoopEvent(-1, [.timeout, .persistent]) {
            timer.calls += 1
            timer.event = nil
        }
        timer.event?.add(timeout: .milliseconds(1))
        timer.end = LoopEvent(-1, [.timeout]) {
            timer.end = nil
            completion(timer.calls)
        }
        timer.end?.add(timeout: .milliseconds(20))
    }
}

/// An event that can be dropped from any thread.
private final class OwnedEvent: @unchecked Sendable {
    // Guard: set on the loop while the test waits for that, then dropped by one thread alone.
    var event: LoopEvent?
}
