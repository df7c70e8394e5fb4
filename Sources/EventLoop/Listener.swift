import CSystem
import Glibc

/// Accepts TCP connections.
@LoopActor
public final class Listener {
    public let address: SocketAddress

    private let descriptor: Int32
    private let onAccept: @LoopActor (Connection) -> Void
    private var event: LoopEvent?
    private var isOpen = true
    private var resumption: LoopTimer?

    /// Listens on `host` (an address or a name, resolved blocking) and `port` (0: one that is free).
    public init(
        host: String, port: UInt16, onAccept: @escaping @LoopActor (Connection) -> Void
    ) throws(SocketError) {
        let wanted = try SocketAddress.resolve(host: host, port: port)
        descriptor = try Listener.open(wanted)
        address = SocketAddress.local(of: descriptor)
        self.onAccept = onAccept
        event = LoopEvent(descriptor, [.readable, .persistent]) { [unowned self] in acceptAll() }
        event?.add()
    }

    /// Stops accepting; connections that exist stay. Those whose clients count as connected are accepted
    /// first, because closing would break them.
    public func close() {
        guard event != nil else { return }
        event?.cancel()
        event = nil
        acceptAll()
        resumption = nil
        isOpen = false
        Glibc.close(descriptor)
    }

    private static func open(_ address: SocketAddress) throws(SocketError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { throw SocketError("socket", errno: errno) }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        guard address.withSockaddr({ bind(descriptor, $0, $1) }) == 0,
            listen(descriptor, ConnectionLimits.listenBacklog) == 0
        else {
            let error = SocketError("cannot listen on \(address)", errno: errno)
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    private func acceptAll() {
        for _ in 0..<ConnectionLimits.acceptsPerTurn {
            // What was accepted may have closed the listener.
            guard isOpen else { return }
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let accepted = csystem_accept(descriptor, &storage, &length)
            guard accepted >= 0 else {
                if errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM { pause() }
                return
            }
            onAccept(Connection(accepted, peer: SocketAddress(storage: storage, length: length)))
        }
    }

    /// Without free descriptors the listener stays readable: rest instead of spinning.
    private func pause() {
        event?.remove()
        resumption = LoopTimer { [unowned self] in event?.add() }
        resumption?.schedule(after: ConnectionLimits.acceptPause)
    }
}
