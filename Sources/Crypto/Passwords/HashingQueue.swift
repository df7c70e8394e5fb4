import Glibc

/// Work for the hashing threads.
struct HashingJob: Sendable {
    /// Does it and answers.
    let run: @Sendable () -> Void
    /// Answers that it will not be done.
    let refuse: @Sendable () -> Void
}

/// Jobs that wait for a thread, first come, first served, at most `waitingMax`.
///
/// `@unchecked Sendable`: `jobs`, `isClosed` and `threads` are only touched while `mutex` is held.
final class HashingQueue: @unchecked Sendable {
    private let waitingMax: Int
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [HashingJob] = []
    private var isClosed = false
    /// That have not ended yet.
    private var threads = 0

    init(waitingMax: Int) {
        self.waitingMax = waitingMax
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    var waiting: Int { withLock { jobs.count } }

    /// `.busy` when so many wait already, `.stopped` after `close`.
    func add(_ job: HashingJob) throws(PasswordHasherError) {
        let refusal: PasswordHasherError? = withLock {
            if isClosed { return .stopped }
            if jobs.count >= waitingMax { return .busy(waiting: jobs.count) }
            jobs.append(job)
            return nil
        }
        if let refusal { throw refusal }
        pthread_cond_signal(condition)
    }

    /// Starts a thread that does jobs until the queue is closed.
    func startThread() {
        withLock { threads += 1 }
        HashingThread.start {
            while let job = self.next() { job.run() }
            self.withLock { self.threads -= 1 }
            pthread_cond_broadcast(self.condition)
        }
    }

    /// Returns when all threads have ended. Precondition: the queue is closed.
    func awaitEnd() {
        withLock {
            while threads > 0 { pthread_cond_wait(condition, mutex) }
        }
    }

    /// Refuses what waits and lets the threads end. A second time nothing happens.
    func close() {
        let refused = withLock {
            isClosed = true
            defer { jobs = [] }
            return jobs
        }
        pthread_cond_broadcast(condition)
        for job in refused { job.refuse() }
    }

    /// Waits for a job; nil when the queue is closed.
    private func next() -> HashingJob? {
        withLock {
            while jobs.isEmpty, !isClosed { pthread_cond_wait(condition, mutex) }
            return jobs.isEmpty ? nil : jobs.removeFirst()
        }
    }

    private func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}

/// A thread that nobody joins.
private enum HashingThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func start(_ run: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(Body(run)).toOpaque())
        precondition(status == 0, "pthread_create: \(String(cString: strerror(status)))")
        pthread_detach(thread)
    }
}
