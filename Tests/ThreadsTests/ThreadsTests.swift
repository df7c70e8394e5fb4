import Glibc
import Testing
import Threads

@Suite("Threads and what they share")
struct ThreadsTests {
    @Test("What several threads change under the lock, they change one after another")
    func protected() {
        let count = Protected(0)
        let threads = (0..<4).map { _ in
            OwnedThread(name: "adder") {
                for _ in 0..<10_000 { count.withLock { $0 += 1 } }
            }
        }
        for thread in threads { thread.join() }
        #expect(count.withLock { $0 } == 40_000)
    }

    @Test("An error thrown under the lock gives the lock back")
    func throwing() {
        struct Refusal: Error {}
        let state = Protected(1)
        #expect(throws: Refusal.self) {
            try state.withLock { state throws(Refusal) in
                state = 2
                throw Refusal()
            }
        }
        #expect(state.withLock { $0 } == 2)
    }

    @Test("A thread has its name")
    func name() {
        let seen = Protected("")
        OwnedThread(name: "fifteen letters") {
            let file = open("/proc/thread-self/comm", O_RDONLY | O_CLOEXEC)
            defer { close(file) }
            var bytes = [UInt8](repeating: 0, count: 32)
            let count = read(file, &bytes, bytes.count)
            seen.withLock { $0 = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self) }
        }.join()
        #expect(seen.withLock { $0 } == "fifteen letters\n")
    }

    @Test("Waiting threads take what others give, each piece once")
    func handingOver() {
        let queue = Monitor([Int]())
        let taken = Protected([Int]())
        let takers = (0..<3).map { _ in
            OwnedThread(name: "taker") {
                while let number = queue.wait(for: { $0.popLast() }), number >= 0 {
                    taken.withLock { $0.append(number) }
                }
            }
        }
        for number in 0..<1000 {
            queue.signal { numbers in
                numbers.insert(number, at: 0)
                return true
            }
        }
        queue.broadcast { $0.insert(contentsOf: [-1, -1, -1], at: 0) }
        for taker in takers { taker.join() }
        #expect(taken.withLock { $0.sorted() } == Array(0..<1000))
    }

    @Test("Who waits until a deadline gets nothing when it has passed, and not before")
    func deadline() {
        let monitor = Monitor(false)
        let deadline = SystemClock.monotonic + .milliseconds(20)
        #expect(monitor.wait(until: deadline, for: { $0 ? 1 : nil }) == nil)
        #expect(SystemClock.monotonic >= deadline)
        monitor.withLock { $0 = true }
        #expect(monitor.wait(until: deadline, for: { $0 ? 1 : nil }) == 1)
    }

    @Test("The coarse clock is the exact one, a little behind")
    func clocks() {
        let before = SystemClock.coarse
        let exact = SystemClock.monotonic
        #expect(before <= exact && exact - before < .seconds(1))
        #expect(SystemClock.wallMilliseconds > 1_700_000_000_000)
    }
}
