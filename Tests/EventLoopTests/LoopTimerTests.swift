import EventLoop
import LoopTestSupport
import Testing

@Suite("Timers of the loop", .loopAlone)
struct LoopTimerTests {
    @Test("A timer fires once, not before its time but for a tick, and again when it is scheduled again")
    @LoopActor
    func oneShot() async {
        var count = 0
        let timer = LoopTimer { count += 1 }
        let start = LoopClock.monotonic
        timer.schedule(after: .milliseconds(20))
        await eventually("it fires") { count == 1 }
        // A tick of the kernel's coarse clock may be missing (10 ms with the slowest).
        #expect(LoopClock.monotonic - start >= .milliseconds(10))
        timer.schedule(after: .zero)
        await eventually("it fires again") { count == 2 }
        await pass(.milliseconds(30))
        #expect(count == 2)
    }

    @Test("A new schedule replaces the earlier one")
    @LoopActor
    func replaced() async {
        var count = 0
        let timer = LoopTimer { count += 1 }
        timer.schedule(after: .milliseconds(5))
        timer.schedule(after: .seconds(60))
        await pass(.milliseconds(20))
        #expect(count == 0)
        timer.schedule(after: .milliseconds(1))
        await eventually("it fires") { count == 1 }
    }

    @Test("A cancelled timer does not fire")
    @LoopActor
    func cancelled() async {
        var count = 0
        let timer = LoopTimer { count += 1 }
        timer.schedule(after: .milliseconds(5))
        timer.cancel()
        await pass(.milliseconds(20))
        #expect(count == 0)
    }

    @Test("A repeating timer goes on until it is cancelled in its own callback")
    @LoopActor
    func repeating() async {
        var count = 0
        var timer: LoopTimer?
        timer = LoopTimer(every: .milliseconds(2)) {
            count += 1
            if count == 3 { timer?.cancel() }
        }
        await eventually("it fires three times") { count == 3 }
        await pass(.milliseconds(20))
        #expect(count == 3)
        timer = nil
    }

    @Test("A timer that nobody holds any more does not fire, also when it lets go of itself")
    @LoopActor
    func released() async {
        var count = 0
        do { _ = LoopTimer(every: .milliseconds(2)) { count += 100 } }
        var timer: LoopTimer?
        timer = LoopTimer(every: .milliseconds(2)) {
            count += 1
            timer?.schedule(after: .milliseconds(1))
            timer = nil
        }
        await eventually("it fires") { count > 0 }
        await pass(.milliseconds(20))
        #expect(count == 1)
    }

    @Test("Timers fire in the order of their times")
    @LoopActor
    func order() async {
        var seen = [Int]()
        let timers = [30, 10, 20].map { delay in
            let timer = LoopTimer { seen.append(delay) }
            timer.schedule(after: .milliseconds(delay))
            return timer
        }
        await eventually("all fire") { seen.count == timers.count }
        #expect(seen == [10, 20, 30])
    }

    /// Waits for another timer, so that the loop has looked at all that were due before it.
    @LoopActor
    private func pass(_ time: Duration) async {
        await withCheckedContinuation { continuation in
            var timer: LoopTimer?
            timer = LoopTimer {
                timer = nil
                continuation.resume()
            }
            timer?.schedule(after: time)
        }
    }
}
