import EventLoop
import LogLine
import LoopTestSupport
import Operations
import Replication
import Testing
import Web

/// A log that remembers ids and nothing else, and answers as the test wants.
@LoopActor
final class FakeLog {
    enum Behaviour {
        /// Each batch at once, in one piece.
        case answer
        /// Each batch at once, cut into pieces of so many bytes.
        case pieces(Int)
        /// Takes batches, answers nothing; see `held`.
        case hold
        /// Takes the batch, answers for its first drafts only, then breaks the connection.
        case breakAfter(Int)
        /// Takes nothing of it.
        case refuse(Response)
        /// Answers with these bytes.
        case say(String)
    }

    /// For the next batches; the last one stays.
    var behaviours: [Behaviour] = [.answer]
    /// The ids of each batch that came.
    private(set) var batches = [[String]]()
    /// Ids in the order in which they were taken first.
    private(set) var taken = [String]()
    private var offsets = [String: Offset]()
    private(set) var held = [(exchange: Exchange, ids: [String])]()
    private(set) var lastHead: RequestHead?
    /// Answers `GET`s.
    var onRead: (@LoopActor (Exchange) -> Void)?
    private(set) var server: HTTPServer?
    let port: UInt16

    /// Connections outlive their test; so do their servers.
    private static var all = [FakeLog]()
    private static let epoch = Epoch(0xE)

    init(port: UInt16 = 0) throws {
        let handler = Handler()
        let server = try HTTPServer(host: "127.0.0.1", port: port, handler: handler)
        self.port = try #require(server.address?.port)
        self.server = server
        handler.log = self
        FakeLog.all.append(self)
    }

    var origin: Origin { Origin(host: "127.0.0.1", port: port) }

    /// A port on which nobody listens.
    static func freePort() throws -> UInt16 {
        let listener = try Listener(host: "127.0.0.1", port: 0) { $0.close() }
        defer { listener.close() }
        return listener.address.port
    }

    func receive(_ exchange: Exchange) {
        lastHead = exchange.head
        guard exchange.head?.method == .post else {
            onRead?(exchange)
            return
        }
        let ids = exchange.body.text.split(separator: "\n").map(FakeLog.id)
        batches.append(ids)
        let behaviour = behaviours.count > 1 ? behaviours.removeFirst() : behaviours[0]
        answer(exchange, ids, behaviour)
    }

    /// Answers what was held.
    func release() {
        behaviours = [.answer]
        let released = held
        held = []
        for (exchange, ids) in released { answer(exchange, ids, .answer) }
    }

    /// Takes all of the first held batch, answers for its first `count` drafts, and breaks the connection.
    func breakFirst(after count: Int) {
        behaviours = [.answer]
        let (exchange, ids) = held[0]
        held = []
        answer(exchange, ids, .breakAfter(count))
    }

    private func answer(_ exchange: Exchange, _ ids: [String], _ behaviour: Behaviour) {
        switch behaviour {
        case .answer:
            exchange.respond(Response(200, type: MediaType.ndjson) { $0.append(self.results(ids)) })
        case .pieces(let bytes): stream(self.results(ids), bytes, to: exchange)
        case .hold: held.append((exchange, ids))
        case .breakAfter(let count):
            let part = Array(results(ids).split(separator: 0x0A).prefix(count).joined(separator: [0x0A]))
            exchange.respond(
                Response(
                    200,
                    body: .stream(length: nil) { writer in
                        writer.write(ByteSlice(part + [0x0A]))
                        writer.onRoom = { writer.fail("the test wants it") }
                    }))
        case .refuse(let response): exchange.respond(response)
        case .say(let text): exchange.respond(Response(200, type: MediaType.ndjson) { $0.append(utf8: text) })
        }
    }

    private func stream(_ bytes: [UInt8], _ pieceBytes: Int, to exchange: Exchange) {
        exchange.respond(
            Response(
                200,
                body: .stream(length: nil) { writer in
                    var rest = bytes[...]
                    writer.onRoom = {
                        guard !rest.isEmpty else { return writer.finish() }
                        writer.write(ByteSlice(rest.prefix(pieceBytes)))
                        rest = rest.dropFirst(pieceBytes)
                        writer.waitForRoom()
                    }
                }))
    }

    /// Takes the drafts, unless they were taken before, and says where they stand.
    private func results(_ ids: [String]) -> [UInt8] {
        let out = ByteBuffer()
        for id in ids {
            let earlier = offsets[id]
            if earlier == nil { taken.append(id) }
            let offset = earlier ?? Offset(UInt64(taken.count))
            offsets[id] = offset
            let receipt = Receipt(
                position: Position(epoch: FakeLog.epoch, offset: offset), time: Timestamp(milliseconds: 0),
                channel: Channel(trusted: Array("c".utf8)), id: nil)
            let result = earlier == nil ? AppendResult.written(receipt) : .repeated(receipt)
            result.encode(into: out)
        }
        return out.array
    }

    private static func id(of line: Substring) -> String {
        let parts = line.split(separator: "\"")
        guard let name = parts.firstIndex(of: "id"), name + 2 < parts.count else { return "" }
        return String(parts[name + 2])
    }
}

/// Gives every request to the log.
@LoopActor
private final class Handler: RequestHandler {
    weak var log: FakeLog?

    func accept(_ head: RequestHead, from peer: SocketAddress) -> Acceptance {
        .accept(bodyBytesMax: 8 << 20) { [weak log] in log?.receive($0) }
    }
    func timedOut(_ what: String, _ limit: Duration) -> Response { Response(408) }
    func overloaded(_ reason: String) -> Response { Response(503) }
    func refused(_ refusal: ConnectionCounts.Refusal) -> Response { Response(503) }
    func unparsable(_ failure: HTTPParseFailure) -> Response { Response(failure.status) }
}
