import Glibc
import Threads

/// An IP address with a port.
public struct SocketAddress: Sendable, CustomStringConvertible {
    /// The larger of the two kinds, an IPv4 address at its start: every connection keeps one.
    private var storage = sockaddr_in6()
    private let length: socklen_t

    /// Precondition: `storage` holds an IP address.
    init(storage: sockaddr_storage, length: socklen_t) {
        let kept = min(Int(length), MemoryLayout<sockaddr_in6>.size)
        self.length = socklen_t(kept)
        withUnsafeBytes(of: storage) { source in
            withUnsafeMutableBytes(of: &self.storage) {
                $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<kept]))
            }
        }
    }

    /// Blocks when `host` is a name: on the loop use `Resolver`. The first address that the system returns.
    public static func resolve(
        host: String, port: UInt16, isNumeric: Bool = false
    ) throws(SocketError) -> SocketAddress {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | (isNumeric ? AI_NUMERICHOST : 0)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &found)
        guard status == 0, let first = found?.pointee, let address = first.ai_addr else {
            throw SocketError(.unresolvable, "\(host): \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(found) }
        var storage = sockaddr_storage()
        memcpy(&storage, address, Int(first.ai_addrlen))
        return SocketAddress(storage: storage, length: first.ai_addrlen)
    }

    /// What a bound socket is bound to.
    static func local(of descriptor: Int32) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = getsockname(descriptor, $0, &length)  // Cannot fail on a bound socket.
            }
        }
        return SocketAddress(storage: storage, length: length)
    }

    var family: Int32 { Int32(storage.sin6_family) }

    public var port: UInt16 {
        withUnsafeBytes(of: storage) { bytes in
            UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
    }

    /// `127.0.0.1`, `::1`.
    public var host: String {
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let status = withSockaddr {
            getnameinfo($0, $1, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
        }
        guard status == 0 else { return "?" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// `127.0.0.1:8000`, `[::1]:8000`.
    public var description: String { family == AF_INET6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

    func withSockaddr<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}

/// Resolves names without blocking the loop.
@LoopActor
public enum Resolver {
    /// Numeric addresses at once, names on a thread of their own.
    public static func resolve(
        host: String, port: UInt16,
        _ completion: @escaping @LoopActor @Sendable (Result<SocketAddress, SocketError>) -> Void
    ) {
        if let address = try? SocketAddress.resolve(host: host, port: port, isNumeric: true) {
            // Not numeric: no failure, a name.
            completion(.success(address))
            return
        }
        OwnedThread.start(name: "resolver") {
            let result = Result { () throws(SocketError) in try SocketAddress.resolve(host: host, port: port)
            }
            EventLoop.shared.execute { completion(result) }
        }
    }
}
