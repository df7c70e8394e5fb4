import LogLine

/// What a control object says about the stream itself.
public struct StreamControl: Sendable {
    public let position: Position?
    public let isLive: Bool
    /// Its position is one to resume from.
    public let isPosition: Bool
    /// Of a goodbye.
    public let retry: Duration?

    /// Nil: it is no control object.
    public init?(_ text: UnsafeRawBufferPointer) {
        guard let object = try? JSONValue(text), let type = object["type"]?.text else { return nil }
        position = object["position"]?.text.flatMap { Position($0) }
        isLive = type == "live"
        isPosition = isLive || type == "reset"
        retry = type == "bye" ? .milliseconds(Int64(min(object["retry_ms"]?.number ?? 0, 3_600_000))) : nil
    }
}
