import EventLoop
import Testing

/// Waits until `condition` holds, looking again after each turn of the loop; false, and a recorded issue,
/// when that takes longer than `limit`.
@LoopActor @discardableResult
public func eventually(
    _ what: Comment, within limit: Duration = .seconds(30),
    sourceLocation: SourceLocation = #_sourceLocation, _ condition: @LoopActor () -> Bool
) async -> Bool {
    let deadline = LoopClock.monotonic + limit
    while !condition() {
        guard LoopClock.monotonic < deadline else {
            Issue.record("did not happen: \(what)", sourceLocation: sourceLocation)
            return false
        }
        await turn()
    }
    return true
}

/// Waits for a later turn of the loop.
@LoopActor
public func turn() async {
    await withCheckedContinuation { continuation in
        var timer: LoopTimer?
        timer = LoopTimer {
            timer = nil
            continuation.resume()
        }
        timer?.schedule(after: .milliseconds(1))
    }
}
