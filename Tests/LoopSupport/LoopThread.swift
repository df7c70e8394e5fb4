import EventLoop
import Testing

/// Runs the process's event loop on a thread of its own before a test starts, and lets only a few tests share
/// it at a time: what one of them computes there holds the others up.
public struct LoopThread: TestTrait, SuiteTrait, TestScoping {
    public var isRecursive: Bool { true }
    fileprivate let places: Int

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        EventLoop.shared.startThread()
        await LoopPlaces.shared.take(places)
        do {
            try await function()
        } catch {
            await LoopPlaces.shared.giveBack(places)
            throw error
        }
        await LoopPlaces.shared.giveBack(places)
    }
}

extension Trait where Self == LoopThread {
    /// The test is isolated to the loop, or waits for something that is.
    public static var loop: Self { LoopThread(places: 1) }

    /// Like `loop`, and no other test uses the loop meanwhile: for tests of short time limits.
    public static var loopAlone: Self { LoopThread(places: LoopPlaces.count) }
}

/// The places on the loop, given in the order in which they were asked for.
private actor LoopPlaces {
    static let shared = LoopPlaces()
    static let count = 8

    private var free = LoopPlaces.count
    private var waiting = [(count: Int, continuation: CheckedContinuation<Void, Never>)]()

    func take(_ count: Int) async {
        guard !waiting.isEmpty || free < count else {
            free -= count
            return
        }
        await withCheckedContinuation { waiting.append((count, $0)) }
    }

    func giveBack(_ count: Int) {
        free += count
        while let next = waiting.first, next.count <= free {
            free -= next.count
            waiting.removeFirst().continuation.resume()
        }
    }
}
