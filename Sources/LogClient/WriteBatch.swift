import EventLoop
import LogLine
import Replication
import Web

/// A write on its way to the log and back.
@LoopActor
final class WaitingWrite {
    let id: MessageID?
    /// The draft as one line of `/append`.
    let line: ByteSlice
    let since: Duration
    /// It was handed to a connection: what became of it is the log's to say.
    var wasPassedOn = false
    /// Nil once it was called.
    var completion: ((AppendResult) -> Void)?

    init(_ draft: Draft, since: Duration, completion: @escaping (AppendResult) -> Void) {
        let buffer = ByteBuffer()
        draft.encode(into: buffer)
        id = draft.id
        line = buffer.takeSlice()
        self.since = since
        self.completion = completion
    }
}

/// The writes of one `POST /append` and the reading of its answer: a result a line, in order.
@LoopActor
final class WriteBatch: ResponseConsumer {
    enum End {
        case answered
        /// Nothing of the batch was taken.
        case refused(Problem)
        case broken
    }

    var onResult: ((WaitingWrite, AppendResult) -> Void)?
    private var onEnd: ((WriteBatch, End) -> Void)?
    private let writes: [WaitingWrite]
    private var answeredCount = 0
    private var status = 0
    private let partial = ByteBuffer()

    init(_ writes: [WaitingWrite], onEnd: @escaping (WriteBatch, End) -> Void) {
        self.writes = writes
        self.onEnd = onEnd
    }

    /// Those without a result whose clients still wait.
    var unanswered: [WaitingWrite] { writes[answeredCount...].filter { $0.completion != nil } }
    var unansweredCount: Int { writes.count - answeredCount }

    func received(_ head: ResponseHead) { status = head.status }

    func received(body bytes: UnsafeRawBufferPointer) {
        partial.append(bytes)
        if status == 200 { readResults() }
        if partial.count > LogClientLimits.resultBytesMax { end(.broken) }
    }

    func ended() {
        guard status == 200 else { return end(refusal()) }
        end(answeredCount == writes.count ? .answered : .broken)
    }

    func failed(_ error: ClientError) { end(.broken) }

    private func readResults() {
        var splitter = LineSplitter(partial.pointer)
        while let range = splitter.next(), answeredCount < writes.count {
            let line = UnsafeRawBufferPointer(rebasing: partial.pointer[range])
            do throws(InvalidField) {
                let result = try AppendResult.decode(line)
                let write = writes[answeredCount]
                answeredCount += 1
                onResult?(write, result)
            } catch {
                return end(.broken)
            }
        }
        partial.consume(splitter.consumed)
    }

    private func refusal() -> End {
        // What is no problem document is a break: the outcome is unknown, and the ids make a retry safe.
        guard status >= 400, let problem = try? Problem.decode(partial.pointer) else { return .broken }
        switch problem.type {
        case .unauthorized:
            return .refused(Problem(.unavailable, "the log refuses this pod's CLUSTER_SECRET"))
        case .timeout, .internal, .outcomeUnknown: return .broken
        default: return .refused(Problem(.unavailable, "the log: \(problem.detail)"))
        }
    }

    private func end(_ end: End) {
        let callback = onEnd
        onEnd = nil
        callback?(self, end)
    }
}
