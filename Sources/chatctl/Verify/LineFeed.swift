import EventLoop
import LogLine
import Replication
import Web

/// The lines of a service's `/log` as they come, for as long as they are wanted.
@LoopActor
final class LineFeed: ResponseConsumer {
    /// Why there are no (more) lines.
    struct Refusal: Error {
        /// Nil when it is no answer of a service.
        let problem: ProblemType?
        let message: String
    }

    private let take: @LoopActor (UnsafeRawBufferPointer) -> Bool
    private let partial = ByteBuffer()
    private var status = 0
    private var exchange: ClientExchange?
    private var continuation: CheckedContinuation<Refusal?, Never>?

    /// Gives each line, without its newline, to `take` until that returns false or all have come.
    static func read(
        _ endpoint: Endpoint, after offset: Offset, epoch: String,
        _ take: @escaping @LoopActor (UnsafeRawBufferPointer) -> Bool
    ) async throws(Refusal) {
        try await read(endpoint, "/log?after=\(offset)&epoch=\(epoch)", take)
    }

    static func read(
        _ endpoint: Endpoint, _ target: String,
        _ take: @escaping @LoopActor (UnsafeRawBufferPointer) -> Bool
    ) async throws(Refusal) {
        let feed = LineFeed(take)
        let refusal: Refusal? = await withCheckedContinuation { continuation in
            feed.continuation = continuation
            feed.exchange = endpoint.client.send(
                ClientRequest(.get, target, fields: endpoint.fields), feed)
        }
        if let refusal { throw refusal }
    }

    private init(_ take: @escaping @LoopActor (UnsafeRawBufferPointer) -> Bool) { self.take = take }

    func received(_ head: ResponseHead) { status = head.status }

    func received(body bytes: UnsafeRawBufferPointer) {
        guard continuation != nil else { return }
        partial.append(bytes)
        defer { refuseEndless() }
        guard status == 200 else { return }
        var lines = LineSplitter(partial.pointer)
        while let range = lines.next() {
            guard take(UnsafeRawBufferPointer(rebasing: partial.pointer[range])) else {
                exchange?.cancel()
                return end(nil)
            }
        }
        partial.consume(lines.consumed)
    }

    /// What never comes to an end of line is no log's answer.
    private func refuseEndless() {
        let most = LineLimits.lineBytesMax
        guard continuation != nil, partial.count > most else { return }
        exchange?.cancel()
        end(Refusal(problem: nil, message: "the answer has a line of more than \(most) bytes"))
    }

    func ended() {
        guard status != 200 else { return end(nil) }
        // What is no problem document is told by its status.
        let problem = (try? Problem.decode(partial.pointer))?.type
        end(Refusal(problem: problem, message: Endpoint.failure(status, partial.pointer).message))
    }

    func failed(_ error: ClientError) { end(Refusal(problem: nil, message: error.message)) }

    private func end(_ refusal: Refusal?) {
        continuation?.resume(returning: refusal)
        continuation = nil
    }
}
