import EventLoop
import LogLine
import Replication
import Views

/// The way of a client's write to the log, whatever it came in by.
///
/// A write that depends on state is decided by the pod's views and passed on with what the decision relies
/// on. When the log refuses it, because another pod was first, the pod catches up and decides again: at most
/// `PodLimits.decisionsMax` times.
///
/// A change is answered once this pod shows it, so that whoever reads here next finds what they did. A pod
/// that does not get there in time answers all the same: the line is durable. Messages are answered as soon
/// as they are durable: who wants to find one at once asks for its position (`at_least`).
@LoopActor
final class Writes {
    /// The draft to append, or nil: it is so already.
    typealias Decision = @LoopActor (ChatState) throws(ChatRefusal) -> Draft?

    /// When a line that is durable is answered.
    enum Moment {
        case atOnce
        /// When this pod has applied it, or has not for `PodLimits.ownWriteWait`.
        case whenShown
    }

    /// What became of it; nil: nothing had to be written.
    typealias Completion = @LoopActor (AppendResult?) -> Void

    private let replica: Replica
    private let upstream: any LogUpstream
    private let waits: PositionWaits
    private let environmentDefault: ConfirmationRequirement
    private var ids: WriteIDs

    /// - Parameter environmentDefault: of confirmations, where no line of the log says otherwise.
    init(
        replica: Replica, upstream: any LogUpstream, waits: PositionWaits, incarnation: UInt64,
        environmentDefault: ConfirmationRequirement = .durable
    ) {
        self.environmentDefault = environmentDefault
        self.replica = replica
        self.upstream = upstream
        self.waits = waits
        ids = WriteIDs(incarnation: incarnation)
    }

    /// What a write asks for that names nothing.
    var defaultRequirement: ConfirmationRequirement {
        replica.source.settings.writeQuorum.flatMap { ConfirmationRequirement($0) } ?? environmentDefault
    }

    /// - Parameters:
    ///   - id: the client's; else the pod gives one, so that the write can be sent again safely.
    ///   - confirmation: what is waited for before the answer; nil: it is enough that the line is durable,
    ///     whatever the cluster's default is.
    func perform(
        id: MessageID? = nil, confirmation: WriteConfirmation? = nil, answered moment: Moment = .whenShown,
        _ decision: @escaping Decision, _ completion: @escaping Completion
    ) {
        let id = id ?? ids.next()
        let completion = answering(moment, completion)
        let requirement = confirmation.map { $0.requirement ?? defaultRequirement } ?? .durable
        guard let confirmation, requirement != .durable else {
            return decide(id, attemptsLeft: PodLimits.decisionsMax, decision, completion)
        }
        guard upstream.waitingConfirmations < ConfirmationLimits.waitsMax else {
            let problem = Problem(
                .overloaded, "\(ConfirmationLimits.waitsMax) writes wait for pods already", id: id)
            return completion(.refused(problem))
        }
        decide(id, attemptsLeft: PodLimits.decisionsMax, decision) { [upstream] result in
            guard let result, let position = result.position else { return completion(result) }
            upstream.confirm(position, requirement, timeout: confirmation.timeout) {
                completion(result.with($0, requirement))
            }
        }
    }

    private func decide(
        _ id: MessageID, attemptsLeft: Int, _ decision: @escaping Decision, _ completion: @escaping Completion
    ) {
        do throws(ChatRefusal) {
            guard var draft = try decision(replica.source.chat) else { return completion(nil) }
            draft.id = id
            append(draft, attemptsLeft: attemptsLeft, decision, completion)
        } catch {
            guard case .behind(let offset) = error, attemptsLeft > 1 else {
                return completion(.refused(Problem(error)))
            }
            catchUp(to: offset, orAnswer: Problem(error), completion) { [self] in
                decide(id, attemptsLeft: attemptsLeft - 1, decision, completion)
            }
        }
    }

    private func append(
        _ draft: Draft, attemptsLeft: Int, _ decision: @escaping Decision,
        _ completion: @escaping Completion
    ) {
        upstream.append(draft) { [self] result in
            if let position = result.position { replica.acknowledged(position) }
            guard case .refused(let problem) = result, problem.type == .expectationFailed, attemptsLeft > 1,
                let newest = problem.current.map(\.offset).max(), let id = draft.id
            else { return completion(result) }
            catchUp(to: newest, orAnswer: problem, completion) { [self] in
                decide(id, attemptsLeft: attemptsLeft - 1, decision, completion)
            }
        }
    }

    private func answering(_ moment: Moment, _ completion: @escaping Completion) -> Completion {
        guard moment == .whenShown else { return completion }
        return { [replica, waits] result in
            guard let offset = result?.position?.offset, replica.source.index.last < offset,
                waits.add(offset, timeout: PodLimits.ownWriteWait, { _ in completion(result) })
            else { return completion(result) }
        }
    }

    private func catchUp(
        to offset: Offset, orAnswer problem: Problem, _ completion: @escaping Completion,
        then proceed: @escaping @LoopActor () -> Void
    ) {
        guard replica.source.index.last < offset else { return proceed() }
        let isWaiting = waits.add(offset, timeout: PodLimits.readWaitDefault) { outcome in
            if outcome == .reached { proceed() } else { completion(.refused(problem)) }
        }
        if !isWaiting { completion(.refused(problem)) }
    }
}
