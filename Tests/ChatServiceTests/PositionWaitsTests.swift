import EventLoop
import LogLine
import LoopTestSupport
import Testing

@testable import ChatService

@Suite("Who waits for a position", .loop)
struct PositionWaitsTests {
    @Test("is called when it is reached, the earlier position first, whatever the order of coming")
    @LoopActor
    func order() {
        let waits = PositionWaits()
        var called = [Int]()
        for offset in [5, 3, 9, 3, 7] {
            let isWaiting = waits.add(Offset(UInt64(offset)), timeout: .seconds(60)) { outcome in
                if outcome == .reached { called.append(offset) }
            }
            #expect(isWaiting)
        }
        waits.applied(Offset(2))
        #expect(called.isEmpty)
        waits.applied(Offset(6))
        #expect(called == [3, 3, 5] && waits.count == 2)
        waits.applied(Offset(9))
        #expect(called == [3, 3, 5, 7, 9] && waits.count == 0)
    }

    @Test("may wait anew while it is called")
    @LoopActor
    func again() {
        let waits = PositionWaits()
        var count = 0
        _ = waits.add(Offset(1), timeout: .seconds(60)) { _ in
            count += 1
            _ = waits.add(Offset(2), timeout: .seconds(60)) { _ in count += 1 }
        }
        waits.applied(Offset(1))
        #expect(count == 1 && waits.count == 1)
        waits.applied(Offset(2))
        #expect(count == 2)
    }

    @Test("is told when its time is over, and when the log became another one")
    @LoopActor
    func endings() async {
        let waits = PositionWaits()
        var late: PositionWaits.Outcome?
        var other: PositionWaits.Outcome?
        _ = waits.add(Offset(1), timeout: .seconds(60)) { other = $0 }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            _ = waits.add(Offset(1), timeout: .milliseconds(20)) {
                late = $0
                continuation.resume()
            }
        }
        #expect(late == .timedOut && other == nil)
        waits.discarded()
        #expect(other == .superseded)
    }

    @Test("is refused when too many wait")
    @LoopActor
    func bound() {
        let waits = PositionWaits()
        var count = 0
        while waits.add(Offset(1), timeout: .seconds(60), { _ in }) { count += 1 }
        #expect(count == PodLimits.waitingReadsMax)
    }
}
