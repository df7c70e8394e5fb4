import Glibc
import LoopTestSupport
import Testing
import Threads

@testable import EventLoop

@Suite("The event loop", .loop)
struct EventLoopTests {
    @Test("Closures from several threads run once each, in the order of their thread")
    func order() async {
        // Given four threads that each hand 2,000 closures over
        let log = Log()
        for thread in 0..<4 {
            OwnedThread.start(name: "giver") {
                for number in 0..<2_000 { EventLoop.shared.execute { log.items.append((thread, number)) } }
            }
        }
        // When all have run
        await eventually("all closures run") { log.items.count >= 8_000 }
        // Then each thread's stand in their order
        for thread in 0..<4 {
            #expect(await log.numbers(of: thread) == Array(0..<2_000))
        }
    }

    @Test("Jobs and closures run in the order in which they came")
    @LoopActor
    func jobsAmongClosures() async {
        var seen = [Int]()
        await withCheckedContinuation { continuation in
            EventLoop.shared.execute { seen.append(1) }
            EventLoop.shared.task { seen.append(2) }
            EventLoop.shared.execute { seen.append(3) }
            EventLoop.shared.task { continuation.resume() }
        }
        #expect(seen == [1, 2, 3])
    }

    @Test("What a closure hands over runs after that closure, not inside of it")
    @LoopActor
    func notNested() async {
        var seen = [String]()
        await withCheckedContinuation { continuation in
            EventLoop.shared.execute {
                EventLoop.shared.execute {
                    seen.append("inner")
                    continuation.resume()
                }
                seen.append("outer")
            }
        }
        #expect(seen == ["outer", "inner"])
    }

    @Test("What waits for a quiet turn runs in the first one without an event")
    @LoopActor
    func quiet() async {
        // Given a descriptor that has an event in each of ten turns
        let busy = BusyDescriptor(turns: 10)
        // When something waits for a quiet turn
        await withCheckedContinuation { continuation in
            EventLoop.shared.executeWhenQuiet(within: .seconds(60)) { continuation.resume() }
        }
        // Then it has waited for the last of them
        #expect(busy.turnsLeft == 0)
    }

    @Test("What waits for a quiet turn runs when its patience is over, though events keep coming")
    @LoopActor
    func patience() async {
        // Given a descriptor that has an event in every turn
        let busy = BusyDescriptor(turns: .max)
        // When something waits for a quiet turn, for no longer than 5 ms
        let start = LoopClock.monotonic
        await withCheckedContinuation { continuation in
            EventLoop.shared.executeWhenQuiet(within: .milliseconds(5)) { continuation.resume() }
        }
        // Then it did, and no shorter
        #expect(LoopClock.monotonic - start >= .milliseconds(5))
        #expect(busy.turnsLeft < .max)
    }

    @Test("A thread that waits for the loop is answered each time")
    func wakeUps() async {
        await withCheckedContinuation { continuation in
            OwnedThread.start(name: "asker") {
                for _ in 0..<1_000 {
                    let answered = Flag()
                    EventLoop.shared.execute { answered.set() }
                    answered.wait()
                }
                continuation.resume()
            }
        }
    }

    @Test("A task of the loop stays on its thread, also in functions of no actor")
    @LoopActor
    func executorPreference() async {
        let own = UInt(pthread_self())
        let threads = await withCheckedContinuation { continuation in
            EventLoop.shared.task {
                let before = UInt(pthread_self())
                let elsewhere = await threadOfNoActor()
                continuation.resume(returning: [before, elsewhere, UInt(pthread_self())])
            }
        }
        #expect(threads == [own, own, own])
        LoopActor.shared.preconditionIsolated()
    }

    @Test("A function of the loop that is awaited elsewhere runs on the loop's thread")
    func globalActor() async {
        let expected = await withCheckedContinuation { continuation in
            EventLoop.shared.execute { continuation.resume(returning: UInt(pthread_self())) }
        }
        #expect(await threadOfLoop() == expected)
    }

    @Test("A signal is delivered on the loop, once for each time it is sent apart")
    @LoopActor
    func signals() async {
        var count = 0
        let signal = LoopSignal(SIGUSR1) { count += 1 }
        for expected in 1...3 {
            kill(getpid(), SIGUSR1)
            await eventually("signal \(expected) arrives") { count == expected }
        }
        withExtendedLifetime(signal) {}
    }

    @Test("Run returns once the loop was stopped, after the work of that turn")
    func stop() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let seen = Protected([Int]())
            EventLoop.shared.run {
                EventLoop.shared.task { seen.withLock { $0.append(1) } }
                EventLoop.shared.execute {
                    EventLoop.shared.stop()
                    seen.withLock { $0.append(2) }
                }
                EventLoop.shared.execute { seen.withLock { $0.append(3) } }
            }
            exit(seen.withLock { $0 } == [1, 2, 3] ? 7 : 1)
        }
    }

    @Test("Claiming to be on the loop anywhere else ends the process")
    func isolation() async {
        await #expect(processExitsWith: .failure) {
            EventLoop.shared.startThread()
            LoopActor.assumeIsolated {}
        }
    }
}

private func threadOfNoActor() async -> UInt { UInt(pthread_self()) }

@LoopActor
private func threadOfLoop() async -> UInt { UInt(pthread_self()) }

@LoopActor
private final class Log {
    var items = [(thread: Int, number: Int)]()

    nonisolated init() {}

    func numbers(of thread: Int) -> [Int] { items.filter { $0.thread == thread }.map(\.number) }
}

/// Set on one thread, waited for on another.
private final class Flag: @unchecked Sendable {
    // Guard: a POSIX semaphore, made for several threads; its place in memory never changes.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func set() { sem_post(semaphore) }
    func wait() { while sem_wait(semaphore) != 0 && errno == EINTR {} }
}

/// A pipe with a byte that nobody reads: readable in every turn until `turnsLeft` is 0.
@LoopActor
private final class BusyDescriptor {
    private(set) var turnsLeft: Int
    private var ends: [Int32] = [-1, -1]
    private var event: LoopEvent?

    init(turns: Int) {
        turnsLeft = turns
        precondition(pipe(&ends) == 0 && write(ends[1], "x", 1) == 1)
        event = LoopEvent(ends[0], [.readable, .persistent]) { [unowned self] in
            turnsLeft -= 1
            if turnsLeft == 0 { event?.cancel() }
        }
        event?.add()
    }

    deinit {
        for end in ends { close(end) }
    }
}
