import EventLoop
import LoopTestSupport
import Testing

@testable import Web

/// Keeps what the consumer of an answer is told.
@LoopActor
final class RecordedAnswer: ResponseConsumer {
    private(set) var head: ResponseHead?
    private(set) var body = [UInt8]()
    private(set) var hasEnded = false
    private(set) var error: ClientError?
    /// Calls of `ended` and `failed`.
    private(set) var endCount = 0
    var onBody: (@LoopActor () -> Void)?

    var isOver: Bool { endCount > 0 }
    var text: String { String(decoding: body, as: UTF8.self) }

    func received(_ head: ResponseHead) { self.head = head }

    func received(body bytes: UnsafeRawBufferPointer) {
        body += bytes
        onBody?()
    }

    func ended() {
        hasEnded = true
        endCount += 1
    }

    func failed(_ error: ClientError) {
        self.error = error
        endCount += 1
    }

    func over() async { await eventually("the answer is over") { isOver } }
}
