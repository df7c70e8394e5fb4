import LogLine
import Operations
import Replication

/// `?at_least=EPOCH:OFFSET[&timeout=5s]`: the position that a read must not be behind.
struct PositionQuery {
    let position: Position
    let timeout: Duration

    /// Nil when the query does not ask for one.
    init?(_ items: [(name: String, value: String)]) throws(Problem) {
        timeout = try Self.timeout(items)
        guard let text = items.first(where: { $0.name == "at_least" })?.value else { return nil }
        guard let position = Position(text) else {
            throw Problem(
                .malformed, "at_least is '\(text.prefix(64))'; it takes EPOCH:OFFSET", field: "at_least")
        }
        self.position = position
    }

    private static func timeout(_ items: [(name: String, value: String)]) throws(Problem) -> Duration {
        guard let text = items.first(where: { $0.name == "timeout" })?.value else {
            return PodLimits.readWaitDefault
        }
        guard let timeout = SettingNumber.duration(text, in: .zero...PodLimits.readWaitMax) else {
            throw Problem(
                .malformed,
                "timeout is '\(text.prefix(64))'; it takes a duration of at most \(PodLimits.readWaitMax)",
                field: "timeout")
        }
        return timeout
    }

    func check(_ epoch: Epoch) throws(Problem) {
        guard epoch == position.epoch else {
            throw Problem(
                .epochConflict, "epoch \(position.epoch) is not this log's, which is \(epoch)",
                field: "at_least")
        }
    }
}
