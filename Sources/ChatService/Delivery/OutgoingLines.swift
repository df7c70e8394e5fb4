import EventLoop
import LogLine
import Web

/// Lines on their way to consumers, with nothing of the log between them: what is sent of them is built once,
/// in one piece, and shared by all.
@LoopActor
final class OutgoingLines {
    let epoch: Epoch
    let first: Offset
    /// Without their newlines; at least one.
    let lines: [ByteSlice]
    /// Each line a text frame, or an event with its position as id.
    let frame: PreparedFrame

    init(_ lines: [ByteSlice], at first: Position) {
        precondition(!lines.isEmpty)
        epoch = first.epoch
        self.first = first.offset
        self.lines = lines
        frame = PreparedFrame(
            lines.enumerated().map { index, line in
                PreparedFrame.Message(line) {
                    Array(Position(epoch: first.epoch, offset: first.offset + index).description.utf8)
                }
            })
    }

    var last: Offset { first + (lines.count - 1) }

    /// Precondition: `offset` is that of one of them, and not the last one's.
    func behind(_ offset: Offset) -> OutgoingLines {
        let index = Int(offset.value - first.value) + 1
        return OutgoingLines(
            Array(lines[index...]), at: Position(epoch: epoch, offset: first + index))
    }
}
