/// Where a service is: `http://host[:port][/prefix]`. The port is 80 unless given. Without TLS, which ends at
/// the ingress; without user, query and fragment.
public struct HTTPURL: Equatable, Sendable, CustomStringConvertible {
    /// Without brackets.
    public let host: String
    public let port: UInt16
    /// What stands before every path: empty, or `/a/b` without a slash at the end.
    public let pathPrefix: String

    static let portDefault: UInt16 = 80
    private static let scheme = "http://"

    public init?(_ text: String) {
        guard text.hasPrefix(Self.scheme) else { return nil }
        let rest = text.dropFirst(Self.scheme.count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let authority = Authority(rest[..<slash]),
            let prefix = BasePath.normalised(String(rest[slash...]))
        else { return nil }
        host = authority.host
        port = authority.port ?? Self.portDefault
        pathPrefix = prefix
    }

    public var description: String { Self.scheme + Authority.shown(host: host, port: port) + pathPrefix }
}

/// A prefix of paths: empty, or `/a/b`: segments of letters, digits, `-`, `.`, `_`, `~`, without a slash at
/// the end.
public enum BasePath {
    static let bytesMax = 256

    /// `a/b`, `/a/b` and `/a/b/` are `/a/b`; the empty text and `/` are empty; nil for anything else.
    public static func normalised(_ text: String) -> String? {
        guard text.utf8.count <= bytesMax else { return nil }
        var inner = text[...]
        if inner.first == "/" { inner = inner.dropFirst() }
        if inner.last == "/" { inner = inner.dropLast() }
        guard !inner.isEmpty else { return text.utf8.count <= 1 ? "" : nil }
        let segments = inner.split(separator: "/", omittingEmptySubsequences: false)
        return segments.allSatisfy(isSegment) ? "/" + inner : nil
    }

    private static func isSegment(_ text: Substring) -> Bool {
        !text.isEmpty && text != "." && text != ".."
            && text.utf8.allSatisfy {
                Ascii.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F || $0 == 0x7E
            }
    }
}
