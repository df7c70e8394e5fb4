import LogLine
import Operations
import Replication
import Views

/// `?after=OFFSET&wait=30s`: a read that waits for the first message (long poll).
struct PollQuery {
    let messages: MessageQuery
    let wait: Duration

    /// Nil when the query does not ask for it.
    init?(_ items: [(name: String, value: String)]) throws(Problem) {
        guard let text = items.first(where: { $0.name == "wait" })?.value else { return nil }
        guard let wait = SettingNumber.duration(text, in: .zero...PodLimits.readWaitMax) else {
            throw Problem(
                .malformed,
                "wait is '\(text.prefix(64))'; it takes a duration of at most \(PodLimits.readWaitMax)",
                field: "wait")
        }
        self.wait = wait
        messages = try Problem.from { () throws(InvalidField) in try MessageQuery(queryItems: items) }
    }
}
