import LogLine
import Replication

extension Exchange {
    /// Runs `body`, which answers now or later; a problem it throws is the answer.
    public func answering(_ body: () throws(Problem) -> Void) {
        do throws(Problem) { try body() } catch { respond(Response(error)) }
    }

    /// The query's items, decoded, in order.
    public var queryItems: [(name: String, value: String)] {
        head.map { $0.query.map { ($0.name.text, $0.value.text) } } ?? []
    }

    /// For writes, which take no query parameters: a misspelt one must not be passed over.
    public func refuseQuery(except known: Set<String> = []) throws(Problem) {
        guard head?.query.isEmpty == false,
            let unknown = queryItems.first(where: { !known.contains($0.name) })
        else { return }
        throw Problem(
            .malformed, "the query parameter '\(unknown.name.prefix(64))' is unknown here",
            field: String(unknown.name.prefix(64)))
    }

    /// Whether the Accept field names `type`, and does not say that it is not wanted.
    public func accepts(_ type: String) -> Bool {
        head?.header("accept").map { AcceptField.wants(type, $0) } ?? false
    }
}

extension Problem {
    /// Runs `body`; a refused field becomes a problem.
    public static func from<Value>(_ body: () throws(InvalidField) -> Value) throws(Problem) -> Value {
        do throws(InvalidField) { return try body() } catch { throw Problem(error) }
    }
}

extension HTTPPath {
    /// For a sentence about the path: printable, bounded.
    var text: String {
        let shown = segments.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
        return "'/\(shown.prefix(128))'"
    }
}
