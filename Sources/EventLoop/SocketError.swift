import Glibc

/// Why a socket could not be made, connected or used.
public struct SocketError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        case unresolvable, refused, timedOut, closed, addressInUse, other
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ action: String, errno number: Int32) {
        switch number {
        case ECONNREFUSED: code = .refused
        case ETIMEDOUT: code = .timedOut
        case EADDRINUSE: code = .addressInUse
        default: code = .other
        }
        message = "\(action): \(String(cString: strerror(number)))"
    }

    public var description: String { message }
}
