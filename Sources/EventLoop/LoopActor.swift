/// Everything that belongs to the event loop: sockets, timers, and the state of the services behind them.
///
/// The compiler checks who may touch it; calls between loop-bound functions are plain calls. There is one
/// loop in a process, because a service is one loop (see `EventLoop`).
@globalActor
public actor LoopActor {
    public static let shared = LoopActor()

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        EventLoop.shared.asUnownedSerialExecutor()
    }

    /// Runs `body` on the loop's thread, on which the caller already is: for callbacks of C libraries. Traps
    /// on any other thread.
    public static func assumeIsolated<Value>(_ body: @LoopActor () throws -> Value) rethrows -> Value {
        EventLoop.shared.preconditionOnLoop()
        return try withoutActuallyEscaping(body) { escapable in
            // The thread was just checked; only the static isolation is cast away.
            try unsafeBitCast(escapable, to: (() throws -> Value).self)()
        }
    }
}
