/// Which pages of other origins may use a service (CORS, WebSocket upgrades): none by default, listed ones,
/// or `*`, all. A page of the service's own origin always may; that is decided where the request's Host is
/// known.
public struct AllowedOrigins: Equatable, Sendable {
    public let allowsAny: Bool
    /// Lower case, `scheme://host[:port]`, as browsers send them.
    public let listed: [String]

    /// Comma-separated; nil when one is no origin.
    public init?(_ text: String) {
        let items = text.split(separator: ",", omittingEmptySubsequences: false).map(Self.trimmed)
        allowsAny = items == ["*"]
        guard !allowsAny, !text.isEmpty else {
            listed = []
            return
        }
        guard items.allSatisfy(Self.isOrigin) else { return nil }
        listed = items
    }

    /// Whether a page of `origin` (the request's Origin header) may use the service although it is not its
    /// own.
    public func allows(_ origin: String) -> Bool {
        allowsAny || listed.contains { $0.utf8.elementsEqual(origin.lowercased().utf8) }
    }

    private static func trimmed(_ item: Substring) -> String {
        String(item.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()).lowercased()
    }

    private static func isOrigin(_ text: String) -> Bool {
        for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
            return Authority(text.dropFirst(scheme.count)) != nil
        }
        return false
    }
}
