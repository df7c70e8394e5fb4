import CSystem
import Glibc

/// A thread for what would block the loop.
///
/// `@unchecked Sendable`: `thread` is set before anybody else sees the object, and only `join` reads it.
public final class OwnedThread: @unchecked Sendable {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private var thread = pthread_t()

    /// Starts it; it must be joined. `name` (at most 15 bytes) shows in `ps -L` and `perf`.
    public init(name: String, _ run: @escaping @Sendable () -> Void) {
        let body = Unmanaged.passRetained(
            Body {
                csystem_name_thread(name)
                run()
            })
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        precondition(status == 0, "pthread_create: \(String(cString: strerror(status)))")
    }

    /// Waits for its end. Once.
    public func join() { pthread_join(thread, nil) }

    /// Starts a thread that nobody waits for.
    public static func start(name: String, _ run: @escaping @Sendable () -> Void) {
        pthread_detach(OwnedThread(name: name, run).thread)
    }
}
