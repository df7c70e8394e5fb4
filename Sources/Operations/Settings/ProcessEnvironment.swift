import Glibc

/// What the operating system says of this process.
public enum ProcessEnvironment {
    /// All environment variables; of one that stands there twice, the first. Call it before threads are
    /// started: `environ` has no lock.
    public static func variables() -> [String: String] {
        var result: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let (name, value) = Assignment.split(String(cString: text))
            if let value, result[name] == nil { result[name] = value }
            entry += 1
        }
        return result
    }

    /// Nil when there is none.
    public static func hostName() -> String? {
        var buffer = [CChar](repeating: 0, count: Int(HOST_NAME_MAX) + 1)
        guard gethostname(&buffer, buffer.count) == 0 else { return nil }
        let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return name.isEmpty ? nil : name
    }
}

/// `name=value`, split at the first `=` byte (a character's view would take `=` and a combining mark for
/// one).
enum Assignment {
    /// The value is nil when there is no `=`.
    static func split(_ text: String) -> (name: String, value: String?) {
        guard let at = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { return (text, nil) }
        return (String(text[..<at]), String(text[text.utf8.index(after: at)...]))
    }
}
