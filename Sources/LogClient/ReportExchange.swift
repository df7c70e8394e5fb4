import EventLoop
import LogLine
import Replication
import Web

/// Reads the answer to one report.
@LoopActor
final class ReportExchange: ResponseConsumer {
    private var completion: ((Result<ReportAnswer, Problem>) -> Void)?
    private var status = 0
    private let body = ByteBuffer()
    private var isTooLong = false

    init(_ completion: @escaping (Result<ReportAnswer, Problem>) -> Void) { self.completion = completion }

    func received(_ head: ResponseHead) { status = head.status }

    func received(body bytes: UnsafeRawBufferPointer) {
        isTooLong = isTooLong || body.count + bytes.count > LogClientLimits.problemBytesMax
        if !isTooLong { body.append(bytes) }
    }

    func ended() {
        guard status == 200 else {
            // What is no problem document is told by its status.
            let problem = try? Problem.decode(body.pointer)
            return finish(
                .failure(problem ?? Problem(.unavailable, "the log answered HTTP status \(status)")))
        }
        do throws(InvalidField) {
            finish(.success(try ReportAnswer.decode(body.pointer)))
        } catch {
            finish(.failure(Problem(.unavailable, "the log's answer to a report: \(error.detail)")))
        }
    }

    func failed(_ error: ClientError) { finish(.failure(Problem(.unavailable, error.message))) }

    private func finish(_ result: Result<ReportAnswer, Problem>) {
        let callback = completion
        completion = nil
        callback?(result)
    }
}
