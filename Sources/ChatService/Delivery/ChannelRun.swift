import LogLine
import Views

/// Lines of one channel that follow each other in the log, up to `DeliveryLimits.runBytesMax`.
struct ChannelRun {
    let first: Offset
    let isPublic: Bool
    /// Without their newlines.
    private(set) var lines: [ByteSlice]
    private(set) var hasMessage: Bool
    private var bytes: Int
    /// Of the first line's bytes.
    private let channelRange: Range<Int>

    init(_ line: ByteSlice, _ scan: LineScan) {
        first = scan.offset
        lines = [line]
        hasMessage = scan.isMessage
        bytes = line.count
        channelRange = scan.channel
        isPublic = ChannelName.isPublic(UnsafeRawBufferPointer(rebasing: line.pointer[scan.channel]))
    }

    /// Its name as it stands in lines; valid as long as this is held.
    var channel: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: lines[0].pointer[channelRange]) }

    /// False: the line, which is the next one of the log, begins another run.
    mutating func append(_ line: ByteSlice, _ scan: LineScan) -> Bool {
        guard bytes + line.count <= DeliveryLimits.runBytesMax,
            Memory.equal(channel, UnsafeRawBufferPointer(rebasing: line.pointer[scan.channel]))
        else { return false }
        lines.append(line)
        bytes += line.count
        if scan.isMessage { hasMessage = true }
        return true
    }
}
