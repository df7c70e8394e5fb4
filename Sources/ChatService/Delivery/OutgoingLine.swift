import EventLoop
import LogLine
import Web

/// One line on its way to consumers: what is sent of it is built once and shared by all of them.
@LoopActor
final class OutgoingLine {
    let position: Position
    /// Without the newline.
    let bytes: ByteSlice
    /// A text frame with the line, or an event with its position as id.
    let frame: PreparedFrame

    init(_ bytes: ByteSlice, at position: Position) {
        self.position = position
        self.bytes = bytes
        frame = PreparedFrame(bytes, id: Array(position.description.utf8))
    }
}
