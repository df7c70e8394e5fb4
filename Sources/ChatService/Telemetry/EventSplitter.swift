import LogLine

/// Cuts the bytes of an event stream into its events (HTML Living Standard 9.2, Server-sent events), as the
/// log writes them: `event:` and one `data:` line each; comments are passed over. Pure.
struct EventSplitter {
    struct Event: Equatable {
        let name: [UInt8]
        let data: [UInt8]
    }

    /// An event is longer than it may be.
    struct TooLong: Error {}

    private let bytesMax: Int
    private let held = ByteBuffer()
    private var searched = 0

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Calls `onEvent` for each event that is complete now.
    mutating func receive(
        _ bytes: UnsafeRawBufferPointer, _ onEvent: (Event) -> Void
    ) throws(TooLong) {
        held.append(bytes)
        var start = 0
        while let end = nextBlank() {
            if let event = EventSplitter.parse(UnsafeRawBufferPointer(rebasing: held.pointer[start..<end])) {
                onEvent(event)
            }
            start = searched
        }
        held.consume(start)
        searched -= start
        guard held.count <= bytesMax else { throw TooLong() }
    }

    /// The end of the event before the next blank line; `searched` is behind that line then.
    private mutating func nextBlank() -> Int? {
        let bytes = held.pointer
        while searched + 1 < bytes.count {
            if bytes[searched] == newline, bytes[searched + 1] == newline {
                defer { searched += 2 }
                return searched
            }
            searched += 1
        }
        return nil
    }

    private static func parse(_ block: UnsafeRawBufferPointer) -> Event? {
        var name: [UInt8] = []
        var data: [UInt8]?
        for line in block.split(separator: newline) {
            if let value = value(of: "event: ", in: line) { name = value }
            if let value = value(of: "data: ", in: line) { data = value }
        }
        return data.map { Event(name: name, data: $0) }
    }

    private static func value(of field: StaticString, in line: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        let name = UnsafeRawBufferPointer(start: field.utf8Start, count: field.utf8CodeUnitCount)
        return line.starts(with: name) ? Array(line.dropFirst(name.count)) : nil
    }
}

private let newline = UInt8(ascii: "\n")
