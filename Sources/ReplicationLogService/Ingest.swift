import EventLoop
import LogLine
import Operations
import Replication

/// Makes messages of what anybody PUBLISHes on a plain channel: `redis-cli` is a client, with pub/sub's
/// at-most-once promise. What is no valid message is refused, counted and logged; the cluster's own topics
/// are passed over.
@LoopActor
final class Ingest {
    private let core: LogCore
    private let log: DiagnosticLog
    private let gate = RepetitionGate()
    private let accepted: Counter
    private let refused: Counter
    private var pending = 0

    init(core: LogCore, log: DiagnosticLog, metrics: Metrics) {
        self.core = core
        self.log = log
        accepted = metrics.counter(
            "chat_log_ingested_messages_total", "Plain Redis PUBLISHes that became messages.")
        refused = metrics.counter(
            "chat_log_refused_publishes_total", "Plain Redis PUBLISHes that are no valid message.")
    }

    func received(channel: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) {
        guard !Topics.isOwn(channel) else { return }
        guard pending < LogLimits.ingestedPendingMax else {
            return refuse(channel, "\(pending) others wait for the disk")
        }
        do throws(InvalidField) {
            let channel = try Channel(validating: Array(channel))
            append(try Draft.text(validating: Array(payload), channel: channel))
        } catch {
            refuse(channel, error.detail)
        }
    }

    private func append(_ draft: Draft) {
        pending += 1
        core.append(draft) { [self] result in
            pending -= 1
            guard case .refused(let problem) = result else { return accepted.increment() }
            draft.channel.bytes.withUnsafeBytes { refuse($0, problem.detail) }
        }
    }

    private func refuse(_ channel: UnsafeRawBufferPointer, _ reason: String) {
        refused.increment()
        guard let suppressed = gate.admit("publish", at: .now) else { return }
        log.warning(
            "refused a PUBLISH\(RepetitionGate.note(suppressed))",
            ["channel": .init(String(decoding: channel.prefix(64), as: UTF8.self)), "reason": .init(reason)])
    }
}
