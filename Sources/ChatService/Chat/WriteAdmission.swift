import EventLoop
import Operations
import Replication
import Views
import Web

/// Lets clients write as often as MESSAGES_PER_SECOND allows: every message and every change counts, also one
/// that is refused for another reason afterwards.
@LoopActor
final class WriteAdmission {
    private var limiter: MessageLimiter
    private(set) var refusedCount: UInt64 = 0

    /// - Parameter rate: nil: no limit.
    init(_ rate: RateLimit?) { limiter = MessageLimiter(rate) }

    /// A write over HTTP: its account's, or its client's.
    func admit(_ exchange: Exchange, as actor: ChatActor) throws(Problem) {
        // Without an address the client is gone, and takes no answer.
        guard let writer = account(of: actor) ?? exchange.clientAddress.map({ .client($0) }) else { return }
        try judge(limiter.take(writer, now: LoopClock.coarse))
    }

    /// A write of a socket: the socket's, and its account's.
    func admit(_ socket: inout RateBucket, as actor: ChatActor?) throws(Problem) {
        let writer = actor.flatMap { account(of: $0) }
        try judge(limiter.take(connection: &socket, writer, now: LoopClock.coarse))
    }

    private func account(of actor: ChatActor) -> MessageLimiter.Writer? {
        switch actor {
        case .account(let name, _): .account(name)
        case .open: nil
        }
    }

    private func judge(_ decision: RateDecision) throws(Problem) {
        guard case .refused(let retryAfter) = decision else { return }
        refusedCount += 1
        let seconds = retryAfter.components.seconds + (retryAfter.components.attoseconds > 0 ? 1 : 0)
        throw Problem(
            .tooManyRequests, "you write faster than this server takes it", retryAfter: max(1, Int(seconds)))
    }
}
