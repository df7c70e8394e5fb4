import Glibc

/// Where others reach a service that was not told its address.
public enum AdvertisedURL {
    /// `http://HOST:PORT`; a host that means every address (`0.0.0.0`, `::`) is replaced by the machine's
    /// first IPv4 address that is up and not loopback, or by 127.0.0.1 where it has none.
    public static func make(host: String, port: UInt16) -> String {
        let isEvery = host == "0.0.0.0" || host == "::"
        let reachable = isEvery ? firstAddress() ?? "127.0.0.1" : host
        return "http://" + Authority.shown(host: reachable, port: port)
    }

    private static func firstAddress() -> String? {
        var interfaces: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&interfaces) == 0 else { return nil }
        defer { freeifaddrs(interfaces) }
        var next = interfaces
        while let interface = next?.pointee {
            if let address = text(of: interface) { return address }
            next = interface.ifa_next
        }
        return nil
    }

    /// Nil unless it is an IPv4 address of an interface that is up and not loopback.
    private static func text(of interface: ifaddrs) -> String? {
        guard interface.ifa_flags & UInt32(IFF_UP) != 0,
            interface.ifa_flags & UInt32(IFF_LOOPBACK) == 0,
            let address = interface.ifa_addr, address.pointee.sa_family == sa_family_t(AF_INET)
        else { return nil }
        var bytes = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard getnameinfo(address, length, &bytes, socklen_t(bytes.count), nil, 0, NI_NUMERICHOST) == 0 else {
            return nil
        }
        return String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
