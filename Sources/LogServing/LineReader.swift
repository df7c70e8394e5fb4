import EventLoop
import LogLine
import Replication
import Web

/// Sends lines from a stream position on, byte for byte: to an end, or for ever.
///
/// Happy path: the source gives pieces to the socket as fast as it takes them; at the end a live reader gets
/// each new batch as the bytes that are in memory anyway. A slow one simply stays behind and goes on reading
/// from the source.
/// Failure: bytes that cannot be read end the answer early (the connection is closed, so that the part is not
/// taken for the whole).
@LoopActor
final class LineReader {
    private let source: any LineSource
    private let writer: BodyWriter
    private var position: UInt64
    /// Nil: for ever.
    private let end: UInt64?
    private var isFetching = false
    private var isPumping = false

    init(source: any LineSource, writer: BodyWriter, position: UInt64, end: UInt64?) {
        self.source = source
        self.writer = writer
        self.position = position
        self.end = end
    }

    /// Everything there is has been given to the socket; what was sent last ended with a line.
    var isCaughtUp: Bool { position == source.index.end && !isFetching }

    func start() {
        // The writer holds the reader, as long as the answer lasts.
        writer.onRoom = { self.pump() }
        pump()
    }

    /// Lines were added to the source; they end at its end.
    func received(_ lines: ByteSlice) {
        guard !isFetching, writer.hasRoom, position + UInt64(lines.count) == source.index.end else {
            return pump()
        }
        position += UInt64(lines.count)
        writer.write(lines)
    }

    private func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while !isFetching, !writer.isFinished {
            let target = end ?? source.index.end
            guard position < target else {
                if end != nil { writer.finish() }
                return
            }
            guard writer.hasRoom else { return writer.waitForRoom() }
            fetch(position..<min(target, position + ServingLimits.regionBytes))
        }
    }

    private func fetch(_ positions: Range<UInt64>) {
        isFetching = true
        source.send(positions, to: writer) { result in
            self.isFetching = false
            switch result {
            case .success(let position):
                self.position = position
                self.pump()
            case .failure(let error): self.writer.fail(error.message)
            }
        }
    }
}
