import EventLoop
import LogLine
import Replication
import Web

/// One `GET /log` or `GET /log/tail` on a connection of its own. Where a proof is wanted it is asked for
/// twice: the first answer says what is to be proven.
@LoopActor
final class LineStream: ResponseConsumer {
    private let connection: ClientConnection
    private let request: ClientRequest
    private var prove: HTTPLines.Prove?
    private var onEvent: ((LogStreamEvent) -> Void)?
    /// With the proof that the refusal asks for.
    private var proven: ClientRequest?
    private var refusal: ByteBuffer?
    private var status = 0

    init(
        _ request: LogRequest, origin: Origin, fields: [(name: String, value: String)],
        prove: HTTPLines.Prove?, onEvent: @escaping (LogStreamEvent) -> Void
    ) {
        self.onEvent = onEvent
        self.prove = prove
        self.request = ClientRequest(.get, LineStream.target(request), fields: fields)
        connection = ClientConnection(to: origin, silenceTime: LogClientLimits.streamSilence)
        connection.send(self.request, self)
    }

    /// Nothing more is heard of it.
    func close() {
        onEvent = nil
        connection.close()
    }

    private static func target(_ request: LogRequest) -> String {
        var target =
            switch request.mode {
            case .range: "/log?after=\(request.after)"
            case .live: "/log/tail?after=\(request.after)&heartbeat=1&beat=1"
            }
        if let proof = request.proof { target += "&epoch=\(proof.epoch)&digest=\(proof.digest)" }
        return target
    }

    // MARK: ResponseConsumer

    func received(_ head: ResponseHead) {
        status = head.status
        guard head.status == 200 else {
            refusal = ByteBuffer()
            proven = provenRequest(head)
            return
        }
        guard let epoch = head.fields.value("log-epoch").flatMap({ Epoch($0) }),
            let offset = head.fields.value("log-head").flatMap({ Offset(decimal: $0) })
        else { return end(.broken, "the answer has no Log-Epoch and Log-Head") }
        onEvent?(.started(epoch: epoch, head: offset))
    }

    func received(body bytes: UnsafeRawBufferPointer) {
        guard let refusal else {
            onEvent?(.bytes(bytes))
            return
        }
        guard refusal.count + bytes.count <= LogClientLimits.problemBytesMax else {
            return end(.broken, "HTTP status \(status) with an endless body")
        }
        refusal.append(bytes)
    }

    func ended() {
        if let proven { return sendAgain(proven) }
        guard let refusal else { return end(.complete, nil) }
        // What is no problem document is told by its status.
        let problem = try? Problem.decode(refusal.pointer)
        let reason = "HTTP status \(status)" + (problem.map { ": \($0.detail)" } ?? "")
        end(problem.flatMap { LineStream.conflict(status, $0) }.map { .conflict($0) } ?? .broken, reason)
    }

    func failed(_ error: ClientError) { end(.broken, error.message) }

    /// The same request with what the refusal asks for; nil: it asks for nothing, or was asked before.
    private func provenRequest(_ head: ResponseHead) -> ClientRequest? {
        guard head.status == 401, let challenge = head.fields.value("www-authenticate"),
            let field = prove?(challenge, request.method.text, connection.origin.prefix + request.target)
        else { return nil }
        prove = nil
        var proven = request
        proven.fields.append(("authorization", field))
        return proven
    }

    private func sendAgain(_ proven: ClientRequest) {
        self.proven = nil
        refusal = nil
        guard !connection.isClosed, connection.isReusable else {
            return end(.broken, "HTTP status \(status) on a connection that is closed")
        }
        connection.send(proven, self)
    }

    private func end(_ end: StreamEnd, _ reason: String?) {
        let callback = onEvent
        onEvent = nil
        callback?(.ended(end, reason: reason))
        connection.close()
    }

    /// What a 409 says of the log.
    private static func conflict(_ status: Int, _ problem: Problem) -> LogConflict? {
        guard status == 409, let log = problem.log else { return nil }
        switch problem.type {
        case .epochConflict: return .epoch(now: log.epoch)
        case .beyondHead: return .beyondHead(log.offset)
        case .digestConflict: return .digest
        default: return nil
        }
    }
}
