import EventLoop
import Operations
import Replication

/// Where a log keeps its `ReplicaRoster`.
public struct RosterStorage: Sendable {
    public typealias Replace = @Sendable ([UInt8], @escaping @Sendable (LogError?) -> Void) -> Void

    /// What the former run of the log has kept.
    let kept: [UInt8]
    /// Calls back once, from any thread.
    let replace: Replace

    public init(kept: [UInt8], replace: @escaping Replace) {
        self.kept = kept
        self.replace = replace
    }
}

/// Keeps on the disk which pods are known, so that a log that starts again counts those for a majority that
/// it has not heard of yet.
///
/// Happy path: one save under way at a time, of what was known when it began; what changes meanwhile makes
/// one more. A save that fails is tried again at the next `retry`; nothing else waits for any of it.
@LoopActor
final class RosterKeeper {
    private let storage: RosterStorage
    private let log: DiagnosticLog
    private let gate = RepetitionGate()
    private var unsaved: [UInt8]?
    private var isSaving = false

    init(_ storage: RosterStorage, log: DiagnosticLog) {
        self.storage = storage
        self.log = log
    }

    /// The pods that the former run of the log knew.
    var remembered: [ReplicaReport] {
        let (reports, unreadable) = ReplicaRoster.decode(storage.kept)
        if unreadable > 0 {
            log.warning("lines of the kept replicas cannot be read", ["lines": .init(unreadable)])
        }
        return reports
    }

    func save(_ roster: [UInt8]) {
        unsaved = roster
        saveNext()
    }

    func retry() { saveNext() }

    // MARK: Private

    private func saveNext() {
        guard !isSaving, let roster = unsaved else { return }
        isSaving = true
        unsaved = nil
        storage.replace(roster) { failure in
            EventLoop.shared.execute { self.saved(roster, failure) }
        }
    }

    private func saved(_ roster: [UInt8], _ failure: LogError?) {
        isSaving = false
        guard let failure else { return saveNext() }
        unsaved = unsaved ?? roster
        guard let suppressed = gate.admit("save", at: .now) else { return }
        log.warning(
            "the known replicas cannot be kept for the next start\(RepetitionGate.note(suppressed))",
            ["reason": .init(failure)])
    }
}
