import Crypto
import EventLoop
import Replication

/// Counts the heartbeats of this run of the log.
@LoopActor
final class Pulse {
    private var beats = Beats(run: SecureRandom.uint64(), at: LoopClock.monotonic)

    func next() -> Beat { beats.next(at: LoopClock.monotonic) }

    /// How long ago, at least, a heartbeat was made; nil: it was none of this run.
    func age(of beat: Beat) -> Duration? { beats.age(of: beat, at: LoopClock.monotonic) }
}
