import LogLine

/// Makes the lines of a log, one after the other.
public struct LineMaker: Sendable {
    public private(set) var offset: Offset
    private var time: Timestamp

    /// - Parameter time: of the line at `offset`; by default the one a maker from the beginning would give
    ///   it.
    public init(after offset: Offset = .zero, time: Timestamp? = nil) {
        self.offset = offset
        self.time = time ?? Timestamp(milliseconds: 1_800_000_000_000 + Int64(offset.value))
    }

    /// The next line with its newline, a message of `text`.
    public mutating func next(_ text: String = "Hello everyone!", channel: String = "default") -> [UInt8] {
        offset = offset.next
        time = Timestamp(milliseconds: time.milliseconds + 1)
        let draft = Draft(channel: Channel(trusted: Array(channel.utf8)), body: .text(Array(text.utf8)))
        let buffer = ByteBuffer()
        _ = Line.encode(draft, offset: offset, time: time, into: buffer)
        return buffer.array
    }

    /// The next `count` lines.
    public mutating func batch(_ count: Int) -> ByteSlice {
        ByteSlice((0..<count).flatMap { _ in next() })
    }
}
