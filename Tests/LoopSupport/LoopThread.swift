import EventLoop
import Testing

/// Runs the process's event loop on a thread of its own before a test starts.
public struct LoopThread: TestTrait, SuiteTrait, TestScoping {
    public var isRecursive: Bool { true }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        EventLoop.shared.startThread()
        try await function()
    }
}

extension Trait where Self == LoopThread {
    /// The test is isolated to the loop, or waits for something that is.
    public static var loop: Self { LoopThread() }
}
