import Threads

/// Work for the hashing threads.
struct HashingJob: Sendable {
    /// Does it and answers.
    let run: @Sendable () -> Void
    /// Answers that it will not be done.
    let refuse: @Sendable () -> Void
}

/// Jobs that wait for a thread, first come, first served, at most `waitingMax`.
final class HashingQueue: Sendable {
    private struct State {
        var jobs: [HashingJob] = []
        var isClosed = false
        /// That have not ended yet.
        var threads = 0
    }

    /// What a thread does next: a job, or nothing any more.
    private enum Next {
        case job(HashingJob)
        case end
    }

    private let waitingMax: Int
    private let monitor = Monitor(State())

    init(waitingMax: Int) { self.waitingMax = waitingMax }

    var waiting: Int { monitor.withLock { $0.jobs.count } }

    /// `.busy` when so many wait already, `.stopped` after `close`.
    func add(_ job: HashingJob) throws(PasswordHasherError) {
        var refusal: PasswordHasherError?
        monitor.signal { state in
            if state.isClosed {
                refusal = .stopped
            } else if state.jobs.count >= waitingMax {
                refusal = .busy(waiting: state.jobs.count)
            } else {
                state.jobs.append(job)
            }
            return refusal == nil
        }
        if let refusal { throw refusal }
    }

    /// Starts a thread that does jobs until the queue is closed.
    func startThread() {
        monitor.withLock { $0.threads += 1 }
        OwnedThread.start(name: "hasher") {
            while case .job(let job) = self.monitor.wait(for: Self.next) { job.run() }
            self.monitor.broadcast { $0.threads -= 1 }
        }
    }

    /// Returns when all threads have ended. Precondition: the queue is closed.
    func awaitEnd() { _ = monitor.wait { $0.threads == 0 ? true : nil } }

    /// Refuses what waits and lets the threads end. A second time nothing happens.
    func close() {
        var refused: [HashingJob] = []
        monitor.broadcast { state in
            state.isClosed = true
            swap(&refused, &state.jobs)
        }
        for job in refused { job.refuse() }
    }

    private static func next(_ state: inout State) -> Next? {
        guard state.jobs.isEmpty else { return .job(state.jobs.removeFirst()) }
        return state.isClosed ? .end : nil
    }
}
