import EventLoop
import LogLine
import Replication
import Views
import Web

/// Answers with the messages that a query selects, read from the store piece by piece as the socket takes them.
@LoopActor
final class MessageStream {
    private let core: LogCore
    private var selection: MessageSelection
    private var page: MessagePage
    private var writer: BodyWriter?
    private var isReading = false

    init(core: LogCore, selection: MessageSelection, format: MessagePage.Format) {
        self.core = core
        self.selection = selection
        page = MessagePage(format)
    }

    /// One piece that is everything is answered with its length, more are streamed.
    func answer(_ exchange: Exchange, type: String) {
        readPiece { [self] piece in
            guard let piece else { return exchange.respond(Response(Problem(.ioError, "the log cannot be read"))) }
            guard !selection.isEmpty else {
                page.finish(to: piece)
                return exchange.respond(
                    Response(
                        200, fields: [("content-type", type)], body: .bytes(piece.takeSlice())))
            }
            let first = piece.takeSlice()
            exchange.respond(
                Response(
                    200, fields: [("content-type", type)],
                    body: .stream(length: nil) { self.stream(first, to: $0) }))
        }
    }

    private func stream(_ first: ByteSlice, to writer: BodyWriter) {
        self.writer = writer
        writer.onRoom = { self.pump() }
        writer.write(first)
        pump()
    }

    private func pump() {
        guard let writer, !isReading, !writer.isFinished else { return }
        guard writer.hasRoom else { return writer.waitForRoom() }
        readPiece { [self] piece in
            guard let piece else { return writer.fail("the log cannot be read") }
            if selection.isEmpty { page.finish(to: piece) }
            writer.write(piece.takeSlice())
            if selection.isEmpty { writer.finish() } else { pump() }
        }
    }

    /// Nil: the store cannot read.
    private func readPiece(_ completion: @escaping @LoopActor (ByteBuffer?) -> Void) {
        isReading = true
        let runs: [LineRun]
        do throws(Trimmed) {
            runs = try selection.next(
                bytesMax: LogLimits.readAheadBytes, linesMax: LogLimits.readAheadLines, in: core.index)
        } catch {
            preconditionFailure("the log's index is never trimmed")
        }
        guard !runs.isEmpty else {
            isReading = false
            return completion(ByteBuffer())
        }
        let count = runs.reduce(0) { $0 + $1.count }
        core.store.read(runs.map(\.positions)) { result in
            EventLoop.shared.execute {
                self.isReading = false
                guard case .success(let slices) = result else { return completion(nil) }
                let piece = ByteBuffer()
                self.page.append(slices, count: count, to: piece)
                completion(piece)
            }
        }
    }
}
