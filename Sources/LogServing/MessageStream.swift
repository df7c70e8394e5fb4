import EventLoop
import LogLine
import Replication
import Views
import Web

/// Answers with the messages that a query selects, piece by piece as the socket takes them.
@LoopActor
final class MessageStream {
    private let source: any LineSource
    private var selection: MessageSelection
    private var page: MessagePage
    private var isReading = false

    init(source: any LineSource, selection: MessageSelection, format: MessagePage.Format) {
        self.source = source
        self.selection = selection
        page = MessagePage(format)
    }

    private var type: String {
        switch page.format {
        case .jsonArray: MediaType.json
        case .ndjson: MediaType.ndjson
        }
    }

    /// What fits into one piece is answered with its length, more is streamed.
    func answer(_ exchange: Exchange) {
        readPiece { [self] result in
            switch result {
            case .failure(let error): exchange.respond(Response(Problem(error)))
            case .success(let piece) where selection.isEmpty:
                exchange.respond(
                    Response(200, fields: [("content-type", type)], body: .bytes(piece.takeSlice())))
            case .success(let piece):
                let first = piece.takeSlice()
                exchange.respond(
                    Response(
                        200, fields: [("content-type", type)],
                        body: .stream(length: nil) { self.stream(first, to: $0) }))
            }
        }
    }

    private func stream(_ first: ByteSlice, to writer: BodyWriter) {
        // The writer holds the stream, as long as the answer lasts.
        writer.onRoom = { self.pump(writer) }
        writer.write(first)
        pump(writer)
    }

    private func pump(_ writer: BodyWriter) {
        guard !isReading, !writer.isFinished else { return }
        guard writer.hasRoom else { return writer.waitForRoom() }
        readPiece { [self] result in
            switch result {
            case .failure(let error): writer.fail(error.message)
            case .success(let piece):
                writer.write(piece.takeSlice())
                if selection.isEmpty { writer.finish() } else { writer.waitForRoom() }
            }
        }
    }

    /// The next piece of the body, with its end when nothing is left.
    private func readPiece(
        _ completion: @escaping @LoopActor @Sendable (Result<ByteBuffer, LogError>) -> Void
    ) {
        let runs: [LineRun]
        do throws(Trimmed) {
            runs = try selection.next(
                bytesMax: ServingLimits.pieceBytes, linesMax: linesMax, in: source.index)
        } catch {
            return completion(
                .failure(LogError(.ioError, "the memory was trimmed to \(error.first) meanwhile")))
        }
        guard !runs.isEmpty else { return completion(.success(piece([], runs))) }
        isReading = true
        source.read(runs) { [self] result in
            isReading = false
            completion(result.map { piece($0, runs) })
        }
    }

    private var linesMax: Int {
        source.amendments.count == 0 ? ServingLimits.pieceLines : ServingLimits.amendedPieceLines
    }

    private func piece(_ slices: [ByteSlice], _ runs: [LineRun]) -> ByteBuffer {
        let piece = ByteBuffer()
        page.append(slices, of: runs, amendedBy: source.amendments, to: piece)
        if selection.isEmpty { page.finish(to: piece) }
        return piece
    }
}
