import EventLoop
import LogLine
import Replication
import Web

/// Passes a read on to the log and its answer back, piece by piece, with the reader's back-pressure: for what
/// is older than this pod's memory.
@LoopActor
final class ReadPassing {
    private let exchange: Exchange
    private let ownFields: [(name: String, value: String)]
    private var read: (any PassedRead)?
    private var writer: BodyWriter?
    private var isPaused = false

    /// Precondition: `exchange` was parsed.
    /// - Parameter fields: header fields of the answer beside the log's.
    static func pass(
        _ exchange: Exchange, _ segments: [[UInt8]], to upstream: any LogUpstream,
        fields: [(name: String, value: String)] = []
    ) {
        let passing = ReadPassing(exchange, fields)
        let path = segments.map { "/" + PathEncoding.encode(segment: $0) }.joined()
        let query = exchange.head?.query.raw ?? ""
        let target = query.isEmpty ? path : "\(path)?\(query)"
        passing.read = upstream.read(target, accept: exchange.head?.header("accept")) { passing.received($0) }
        exchange.onAbandoned = { passing.cancel() }
    }

    private init(_ exchange: Exchange, _ fields: [(name: String, value: String)]) {
        self.exchange = exchange
        ownFields = fields
    }

    private func received(_ event: PassedReadEvent) {
        switch event {
        case .started(let status, let fields, let length): respond(status, fields, length)
        case .bytes(let bytes): forward(bytes)
        case .ended:
            read = nil
            writer?.finish()
        case .failed(let reason):
            read = nil
            guard exchange.isAnswered else {
                return exchange.respond(
                    Response(
                        Problem(
                            .unavailable,
                            "this is older than the pod's memory, and the log cannot be read: \(reason)")))
            }
            writer?.fail(reason)
        }
    }

    private func respond(_ status: Int, _ fields: [(name: String, value: String)], _ length: Int?) {
        exchange.onAbandoned = nil
        exchange.respond(
            Response(
                status, fields: fields + ownFields, body: .stream(length: length) { self.start($0) }))
        // HEAD, or a client that is gone: nobody wants the body.
        if writer == nil { cancel() }
    }

    private func start(_ writer: BodyWriter) {
        self.writer = writer
        writer.onAbandoned = { self.cancel() }
        writer.onRoom = { self.resume() }
    }

    private func forward(_ bytes: UnsafeRawBufferPointer) {
        guard let writer else { return }
        writer.write(ByteSlice(bytes))
        guard !writer.hasRoom, !isPaused else { return }
        isPaused = true
        read?.pause()
        writer.waitForRoom()
    }

    private func resume() {
        guard isPaused else { return }
        isPaused = false
        read?.resume()
    }

    private func cancel() {
        let running = read
        read = nil
        running?.cancel()
    }
}
