import EventLoop
import LogLine
import LoopTestSupport
import Testing

/// Keeps what a connection tells its handler.
@LoopActor
final class Recorder: ConnectionHandler {
    private(set) var bytes = [UInt8]()
    private(set) var hasEnded = false
    private(set) var drainedCount = 0
    /// One for each call of `closed`.
    private(set) var closings = [SocketError?]()
    var onDrained: (@LoopActor () -> Void)?

    func received(_ bytes: UnsafeRawBufferPointer) { self.bytes += bytes }
    func receivedEnd() { hasEnded = true }

    func drained() {
        drainedCount += 1
        onDrained?()
    }

    func closed(_ error: SocketError?) { closings.append(error) }
}

/// A connection on the loop, its handler, and the plain socket at its other end.
@LoopActor
struct ConnectionPair {
    let connection: Connection
    let recorder = Recorder()
    let peer: RawSocket

    /// - Parameter kind: see `RawSocket.pair`.
    init(_ kind: SocketKind = .stream) throws {
        let (own, other) = RawSocket.pair(kind.type)
        peer = own
        connection = Connection(other, peer: try SocketAddress.resolve(host: "127.0.0.1", port: 1))
        connection.handler = recorder
    }

    /// Over TCP, the peer with a small receive buffer.
    init(receiveBytes: Int32) async throws {
        var accepted: Connection?
        let listener = try Listener(host: "127.0.0.1", port: 0) { accepted = $0 }
        peer = try RawSocket.connect(port: listener.address.port, receiveBytes: receiveBytes)
        await eventually("the connection is accepted") { accepted != nil }
        listener.close()
        guard let accepted else { throw SocketError(.other, "nobody connected") }
        connection = accepted
        connection.handler = recorder
    }
}
