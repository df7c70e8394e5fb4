import Glibc

/// A thread of the store's own.
///
/// `@unchecked Sendable`: `thread` is set before anybody else sees the object, and only `join` reads it.
final class OwnedThread: @unchecked Sendable {
    private final class Body {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private var thread = pthread_t()

    init(_ run: @escaping @Sendable () -> Void) {
        let body = Unmanaged.passRetained(Body(run: run))
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        precondition(code == 0, "a thread could not be made (\(code))")
    }

    /// Waits for its end. Once.
    func join() { pthread_join(thread, nil) }
}
