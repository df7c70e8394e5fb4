/// Where Redis is: `redis://[user:password@]host[:port][/db]`. The port is 6379 unless given, the database 0;
/// user and password are percent-encoded in the text (RFC 3986, section 2.1) and decoded here. Without TLS.
public struct RedisURL: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    /// Nil: Redis' default user.
    public let user: String?
    public let password: String?
    /// Without brackets.
    public let host: String
    public let port: UInt16
    public let database: Int

    static let portDefault: UInt16 = 6379
    static let databaseMax = 65_535
    private static let scheme = "redis://"

    public init?(_ text: String) {
        guard text.hasPrefix(Self.scheme) else { return nil }
        var rest = text.dropFirst(Self.scheme.count)
        var database = 0
        if let slash = rest.firstIndex(of: "/") {
            let path = rest[rest.index(after: slash)...]
            guard path.isEmpty || SettingNumber.integer(path, in: 0...Self.databaseMax) != nil else {
                return nil
            }
            database = Int(path) ?? 0
            rest = rest[..<slash]
        }
        guard let credentials = Self.credentials(in: &rest), let authority = Authority(rest) else {
            return nil
        }
        user = credentials.user
        password = credentials.password
        host = authority.host
        port = authority.port ?? Self.portDefault
        self.database = database
    }

    /// Without the password.
    public var description: String {
        let account = password == nil ? "" : "\(user ?? ""):***@"
        return "\(Self.scheme)\(account)\(Authority.shown(host: host, port: port))/\(database)"
    }

    /// So that `dump` and string interpolation of what contains it do not show the password either.
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }

    /// Any text that was meant as such a URL, with everything between scheme and host hidden: for error
    /// messages.
    static func redacted(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return text }
        let start = text.range(ofScheme: "://") ?? text.startIndex
        return start <= at ? text[..<start] + "***" + text[at...] : "***"
    }

    /// Takes `user:password@` off the front; nil when it is malformed. The last `@` counts.
    private static func credentials(in rest: inout Substring) -> (user: String?, password: String?)? {
        guard let at = rest.lastIndex(of: "@") else { return (nil, nil) }
        let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let user = PercentCoding.decode(parts[0]),
            let password = PercentCoding.decode(parts[1]), !password.isEmpty
        else { return nil }
        rest = rest[rest.index(after: at)...]
        return (user.isEmpty ? nil : user, password)
    }
}

extension String {
    /// Behind the first occurrence of `separator`.
    fileprivate func range(ofScheme separator: String) -> String.Index? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(separator) { return index(at, offsetBy: separator.count) }
            at = index(after: at)
        }
        return nil
    }
}

/// Percent-encoding (RFC 3986, section 2.1).
enum PercentCoding {
    /// Nil when a `%` is not followed by two hexadecimal digits or the bytes are not UTF-8.
    static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst(), let low = rest.popFirst(), Ascii.isHexadecimal(high),
                Ascii.isHexadecimal(low)
            else { return nil }
            bytes.append(Ascii.hexadecimalValue(high) << 4 | Ascii.hexadecimalValue(low))
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
