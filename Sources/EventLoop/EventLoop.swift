import CEvent
import CSystem
import Glibc
import Synchronization
import Threads

/// The process's event loop: libevent for readiness, timers and signals, and at the same time the executor of
/// all Swift code that is isolated to `LoopActor`.
///
/// A turn: wait for events and run their callbacks; run the jobs and closures that were enqueued, and when no
/// event came, what waits for that; flush what sockets have queued, so that all frames of one turn leave in
/// one system call per socket.
///
/// Happy path: `run` on the main thread of a service, or `startThread` where another thread must stay free
/// (tests, the command-line tool). Failure: a libevent that cannot be created is a programmer or system error
/// and traps.
public final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    public static let shared = EventLoop()

    /// libevent's `event_base`, for the adapters of C libraries. Loop thread only.
    public let base: OpaquePointer

    private let wakeDescriptor: Int32
    private let inbox = Protected(Inbox())
    /// Written once by the thread that runs the loop, before anything is isolated to it.
    private let thread = Atomic<UInt>(0)
    private let started = Atomic<Bool>(false)

    // Invariant: the following are touched by the loop's thread only.
    private var running = [Work]()
    private var unflushed = [any Flushable]()
    private var flushing = [any Flushable]()
    private var deferred = [Deferred]()
    /// Whether no event has come in this turn.
    private var isTurnQuiet = true
    private var isStopping = false
    private var wakeEvent: OpaquePointer?

    private enum Work {
        case job(UnownedJob)
        case closure(@LoopActor () -> Void)
    }

    private struct Deferred {
        let deadline: Duration
        let body: @LoopActor () -> Void
    }

    private struct Inbox {
        var work = [Work]()
        var isWakePending = false
    }

    private init() {
        let configuration = event_config_new()
        event_config_set_flag(configuration, Int32(EVENT_BASE_FLAG_NOLOCK.rawValue))
        guard let base = event_base_new_with_config(configuration) else {
            fatalError("libevent cannot make an event loop")
        }
        event_config_free(configuration)
        self.base = base
        wakeDescriptor = csystem_eventfd()
        precondition(wakeDescriptor >= 0, "eventfd: \(String(cString: strerror(errno)))")
        signal(SIGPIPE, SIG_IGN)
    }

    // MARK: Running

    /// Runs the loop on this thread until `stop`; `body` is its first work.
    public func run(_ body: @escaping @LoopActor @Sendable () -> Void) {
        claimThread()
        execute(body)
        turnUntilStopped()
    }

    /// Runs the loop on a thread of its own, for the rest of the process. Further calls do nothing.
    public func startThread() {
        guard !started.exchange(true, ordering: .acquiringAndReleasing) else { return }
        OwnedThread.start(name: "loop") {
            self.claimThread()
            self.turnUntilStopped()
        }
    }

    /// Lets the current turn be the last one; then `run` returns.
    @LoopActor public func stop() { isStopping = true }

    // MARK: Work from anywhere

    public func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    /// Runs `body` in a coming turn. Thread-safe, in the order of the calls of one thread.
    public func execute(_ body: @escaping @LoopActor @Sendable () -> Void) {
        add(.closure(body))
    }

    /// Runs `body` at the end of the first turn in which no event comes, or of the first one that ends after
    /// `patience`: for work that costs less the more has come in before it. Work that was handed over before
    /// and whose patience is over takes it along.
    @LoopActor
    public func executeWhenQuiet(within patience: Duration, _ body: @escaping @LoopActor () -> Void) {
        deferred.append(Deferred(deadline: LoopClock.monotonic + patience, body: body))
    }

    /// Starts async work on the loop, without a hop through another thread pool.
    @discardableResult
    public func task(_ body: @escaping @LoopActor @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: self) { await body() }
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    public func checkIsolated() { preconditionOnLoop() }

    func preconditionOnLoop() {
        precondition(isOnLoop, "not on the event loop's thread")
    }

    // MARK: Events and flushing

    /// An event has come.
    @LoopActor func eventCame() { isTurnQuiet = false }

    /// Has `flushable` flushed at the end of this turn; the caller sees to it that it is queued only once.
    @LoopActor public func flushAtEndOfTurn(_ flushable: any Flushable) { unflushed.append(flushable) }

    // MARK: Private

    var isOnLoop: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    private func claimThread() {
        started.store(true, ordering: .releasing)
        let (claimed, _) = thread.compareExchange(
            expected: 0, desired: UInt(pthread_self()), ordering: .acquiringAndReleasing)
        precondition(claimed, "the event loop runs already")
        watchWakeDescriptor()
    }

    private func watchWakeDescriptor() {
        let callback: event_callback_fn = { descriptor, _, _ in
            var count: UInt64 = 0
            _ = read(descriptor, &count, 8)  // Only resets the counter; what woke us is in the inbox.
        }
        wakeEvent = event_new(base, wakeDescriptor, Int16(EV_READ | EV_PERSIST), callback, nil)
        event_add(wakeEvent, nil)
    }

    private func add(_ work: Work) {
        let wakes = inbox.withLock { inbox in
            inbox.work.append(work)
            defer { inbox.isWakePending = true }
            return !inbox.isWakePending
        }
        guard wakes, !isOnLoop else { return }
        var one: UInt64 = 1
        _ = write(wakeDescriptor, &one, 8)  // Fails only when the counter is full: then it wakes anyway.
    }

    private func turnUntilStopped() {
        while true {
            let hasWork =
                inbox.withLock { !$0.work.isEmpty } || !unflushed.isEmpty || !deferred.isEmpty
            isTurnQuiet = true
            event_base_loop(base, hasWork ? EVLOOP_ONCE | EVLOOP_NONBLOCK : EVLOOP_ONCE)
            runInbox()
            runDeferred()
            flushAll()
            if isStopping { return }
        }
    }

    private func runInbox() {
        inbox.withLock { inbox in
            swap(&inbox.work, &running)
            inbox.isWakePending = false
        }
        for work in running {
            switch work {
            case .job(let job):
                job.runSynchronously(
                    isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            case .closure(let body):
                LoopActor.assumeIsolated(body)
            }
        }
        running.removeAll(keepingCapacity: running.count <= 1024)
    }

    private func runDeferred() {
        guard let first = deferred.first, isTurnQuiet || LoopClock.monotonic >= first.deadline else { return }
        let due = deferred
        deferred = []
        LoopActor.assumeIsolated {
            for work in due { work.body() }
        }
    }

    /// One pass: what asks for another flush while this one runs gets it in the next turn.
    private func flushAll() {
        guard !unflushed.isEmpty else { return }
        swap(&flushing, &unflushed)
        LoopActor.assumeIsolated {
            for flushable in flushing { flushable.flush() }
        }
        flushing.removeAll(keepingCapacity: flushing.count <= 1024)
    }
}

/// Something with bytes to send at the end of a turn.
@LoopActor
public protocol Flushable: AnyObject {
    func flush()
}
