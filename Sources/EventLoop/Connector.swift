import Glibc

/// Opens TCP connections.
@LoopActor
public final class Connector {
    private var descriptor: Int32 = -1
    private var event: LoopEvent?
    private var deadline: LoopTimer?
    private var completion: (@LoopActor (Result<Connection, SocketError>) -> Void)?
    private let target: String

    /// Resolves `host`, connects, and calls `completion` exactly once, never from within this call's caller's
    /// turn unless it is cancelled. `timeout` covers both steps.
    public init(
        host: String, port: UInt16, timeout: Duration,
        _ completion: @escaping @LoopActor (Result<Connection, SocketError>) -> Void
    ) {
        self.completion = completion
        target = "\(host):\(port)"
        deadline = LoopTimer { [weak self] in
            guard let self else { return }
            finish(.failure(SocketError(.timedOut, "connect to \(target): no answer within \(timeout)")))
        }
        deadline?.schedule(after: timeout)
        EventLoop.shared.execute { [weak self] in
            Resolver.resolve(host: host, port: port) { result in self?.resolved(result) }
        }
    }

    /// The completion is not called any more.
    public func cancel() {
        completion = nil
        abandonSocket()
    }

    private func resolved(_ result: Result<SocketAddress, SocketError>) {
        guard completion != nil else { return }
        switch result {
        case .success(let address): connect(to: address)
        case .failure(let error): finish(.failure(error))
        }
    }

    private func connect(to address: SocketAddress) {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { return finish(.failure(SocketError("socket", errno: errno))) }
        let status = address.withSockaddr { Glibc.connect(descriptor, $0, $1) }
        guard status == 0 || errno == EINPROGRESS else {
            return finish(.failure(SocketError("connect to \(target)", errno: errno)))
        }
        event = LoopEvent(descriptor, [.writable]) { [weak self] in self?.connected(address) }
        event?.add()
    }

    private func connected(_ address: SocketAddress) {
        var number: Int32 = 0
        var length = socklen_t(4)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &length)
        guard number == 0 else {
            return finish(.failure(SocketError("connect to \(target)", errno: number)))
        }
        event?.cancel()
        event = nil
        let connection = Connection(descriptor, peer: address)
        descriptor = -1
        finish(.success(connection))
    }

    private func finish(_ result: Result<Connection, SocketError>) {
        abandonSocket()
        guard let completion else { return }
        self.completion = nil
        completion(result)
    }

    private func abandonSocket() {
        deadline = nil
        event?.cancel()
        event = nil
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }
}
