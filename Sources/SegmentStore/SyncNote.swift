import LogLine
import Replication

/// Up to where everything is known to be on disk: the store writes it after each sync of the lines.
///
/// The members of its record: `segment` (the offset its file is named by), `bytes` (of that file, at the end
/// of a line), `offset` (of the last line before them) and `digest` (of the history up to it). All segments
/// before that one are whole.
struct SyncNote: Equatable, Sendable {
    var segment: Offset
    var bytes: Int
    var history: HistoryPoint

    /// Of a new log.
    static let empty = SyncNote(segment: Offset(1), bytes: 0, history: .zero)

    init(segment: Offset, bytes: Int, history: HistoryPoint) {
        self.segment = segment
        self.bytes = bytes
        self.history = history
    }

    /// Nil unless all members are there.
    init?(json: [UInt8]) {
        guard let reader = RecordReader(json), let segment = reader.number("segment"),
            let bytes = reader.number("bytes").flatMap({ Int(exactly: $0) }),
            let offset = reader.number("offset"), let digest = reader.text("digest").flatMap({ Digest($0) })
        else { return nil }
        let history = HistoryPoint(offset: Offset(offset), digest: digest)
        self.init(segment: Offset(segment), bytes: bytes, history: history)
    }

    func encode(into buffer: ByteBuffer) {
        buffer.append(",\"segment\":")
        buffer.append(decimal: segment.value)
        buffer.append(",\"bytes\":")
        buffer.append(decimal: UInt64(bytes))
        buffer.append(",\"offset\":")
        buffer.append(decimal: history.offset.value)
        buffer.append(",\"digest\":\"")
        buffer.append(utf8: history.digest.description)
        buffer.append("\"")
    }
}
