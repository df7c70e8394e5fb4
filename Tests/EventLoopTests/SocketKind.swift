import Glibc

enum SocketKind {
    case stream
    /// Each system call that sends makes one packet, which one `recv` gives.
    case packets

    var type: __socket_type {
        switch self {
        case .stream: SOCK_STREAM
        case .packets: SOCK_SEQPACKET
        }
    }
}
