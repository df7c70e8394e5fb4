import EventLoop

/// Waiting on the loop without holding it up.
@LoopActor
enum Pause {
    static func sleep(_ duration: Duration) async {
        await withCheckedContinuation { continuation in
            var timer: LoopTimer?
            timer = LoopTimer {
                withExtendedLifetime(timer) {}
                timer = nil
                continuation.resume()
            }
            timer?.schedule(after: duration)
        }
    }
}
