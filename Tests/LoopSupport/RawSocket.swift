import EventLoop
import Glibc
import Threads

/// A plain blocking socket: the other side of what is being tested. Each call that may wait runs on a thread
/// of its own, and ends after `timeout` at the latest.
public final class RawSocket: Sendable {
    /// How a stream of bytes ended.
    public enum End: Sendable, Equatable { case end, reset, timeout }

    public static let timeout = 30

    public let descriptor: Int32

    /// Takes over a blocking socket.
    public init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var limit = timeval(tv_sec: RawSocket.timeout, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    deinit { Glibc.close(descriptor) }

    /// Connects to a port of 127.0.0.1 without waiting for the loop: the kernel's backlog takes it.
    /// `receiveBytes`: SO_RCVBUF, for a reader that is soon full.
    public static func connect(port: UInt16, receiveBytes: Int32? = nil) throws -> RawSocket {
        let raw = unconnected()
        if var receiveBytes { setsockopt(raw.descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes, 4) }
        try raw.connectBlocking(port: port)
        return raw
    }

    public static func unconnected() -> RawSocket { RawSocket(socket(AF_INET, stream, 0)) }

    public func connectBlocking(port: UInt16) throws {
        var address = RawSocket.loopback(port)
        guard withSockaddr(&address, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            throw SocketError(.other, "connect: errno \(errno)")
        }
    }

    /// Two connected sockets. `kind`: SOCK_SEQPACKET keeps apart what was sent by separate system calls.
    public static func pair(
        _ kind: __socket_type = SOCK_STREAM
    ) -> (own: RawSocket, other: Int32) {
        var ends: [Int32] = [0, 0]
        let status = socketpair(AF_UNIX, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends)
        precondition(status == 0, "socketpair: errno \(errno)")
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        return (RawSocket(ends[0]), ends[1])
    }

    // MARK: Sending

    @discardableResult
    public func send(_ text: String) async -> Bool { await send(Array(text.utf8)) }

    /// False: the peer has closed, or takes nothing.
    @discardableResult
    public func send(_ bytes: [UInt8]) async -> Bool {
        await onThread { descriptor in
            bytes.withUnsafeBytes { buffer in
                var sent = 0
                while sent < buffer.count {
                    let rest = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                    let count = Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                    guard count > 0 else { return false }
                    sent += count
                }
                return true
            }
        }
    }

    /// Says that nothing more will be sent.
    public func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes so that the peer gets a reset, as from a process that died with bytes unread.
    public func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        var unspecified = sockaddr()
        unspecified.sa_family = sa_family_t(AF_UNSPEC)
        Glibc.connect(descriptor, &unspecified, socklen_t(MemoryLayout<sockaddr>.size))
    }

    // MARK: Receiving

    /// What one `recv` gives, at most `max` bytes.
    public func receive(max: Int = 65_536) async -> (bytes: [UInt8], end: End?) {
        await onThread { RawSocket.receive($0, max) }
    }

    /// Exactly `count` bytes, fewer only when the peer ends or the time is over.
    public func receive(count: Int) async -> [UInt8] {
        await onThread { descriptor in
            var bytes = [UInt8]()
            while bytes.count < count {
                let (piece, end) = RawSocket.receive(descriptor, min(65_536, count - bytes.count))
                bytes += piece
                if end != nil { break }
            }
            return bytes
        }
    }

    public func receiveToEnd() async -> (bytes: [UInt8], end: End) {
        await onThread { descriptor in
            var bytes = [UInt8]()
            while true {
                let (piece, end) = RawSocket.receive(descriptor, 65_536)
                bytes += piece
                if let end { return (bytes, end) }
            }
        }
    }

    // MARK: Private

    fileprivate static let stream = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

    private static func receive(_ descriptor: Int32, _ max: Int) -> (bytes: [UInt8], end: End?) {
        var count = 0
        var number: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: max) { buffer, used in
            count = recv(descriptor, buffer.baseAddress, max, 0)
            number = errno
            used = Swift.max(count, 0)
        }
        if count > 0 { return (bytes, nil) }
        return (bytes, count == 0 ? .end : number == EAGAIN ? .timeout : .reset)
    }

    fileprivate func onThread<Value: Sendable>(
        _ body: @escaping @Sendable (Int32) -> Value
    ) async -> Value {
        await withCheckedContinuation { continuation in
            OwnedThread.start(name: "raw socket") { continuation.resume(returning: body(self.descriptor)) }
        }
    }

    fileprivate static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

/// A plain listening socket on 127.0.0.1: a server that a test plays itself.
public final class RawListener: Sendable {
    public let port: UInt16
    private let listening: RawSocket

    public init(backlog: Int32 = 16) throws {
        listening = RawSocket(socket(AF_INET, RawSocket.stream, 0))
        let descriptor = listening.descriptor
        var address = RawSocket.loopback(0)
        guard withSockaddr(&address, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, backlog) == 0
        else {
            throw SocketError(.other, "listen: errno \(errno)")
        }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = getsockname(descriptor, $0, &length)  // Cannot fail on a bound socket.
            }
        }
        port = UInt16(bigEndian: address.sin_port)
    }

    public func accept() async throws -> RawSocket {
        let accepted = await listening.onThread { Glibc.accept($0, nil, nil) }
        guard accepted >= 0 else { throw SocketError(.timedOut, "nobody connected") }
        return RawSocket(accepted)
    }

    /// Refuses from now on.
    public func close() { shutdown(listening.descriptor, Int32(SHUT_RDWR)) }
}

private func withSockaddr<Value>(
    _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
) -> Value {
    withUnsafePointer(to: address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
