/// How a pod hears of new lines.
public enum Following: Sendable {
    /// Over Redis, and from the log's live tail while Redis is away.
    case bus
    /// From a live tail alone; Redis, where there is one, carries only what is in no log.
    case stream
}
