import LogLine

/// Writes lines as the body of an answer, piece by piece: `[line,\nline]`, an empty one `[]`; or the lines as
/// they are, each with its newline.
public struct MessagePage {
    public enum Format: Sendable {
        /// `application/json`
        case jsonArray
        /// `application/x-ndjson`
        case ndjson
    }

    public let format: Format
    private var isEmpty = true

    public init(_ format: Format) { self.format = format }

    /// How long the whole page becomes, for Content-Length.
    public func bytes(ofLines bytes: UInt64, count: Int) -> UInt64 {
        switch format {
        case .jsonArray: return count == 0 ? 2 : bytes + UInt64(count)
        case .ndjson: return bytes
        }
    }

    /// Appends the `count` whole lines that `slices` hold, each with its newline, to `out`. Precondition: no
    /// line is spread over two slices. Costs about one copy.
    public mutating func append(_ slices: [ByteSlice], count: Int, to out: ByteBuffer) {
        switch format {
        case .ndjson:
            for slice in slices { out.append(slice) }
        case .jsonArray:
            var left = count
            for slice in slices { left -= appendElements(slice.pointer, countMax: left, to: out) }
            precondition(left == 0, "fewer lines than were counted")
        }
    }

    /// Ends the page; nothing may follow.
    public func finish(to out: ByteBuffer) {
        switch format {
        case .ndjson: return
        case .jsonArray: out.append(isEmpty ? "[]" : "]")
        }
    }

    /// What stands before a line that is written by itself.
    mutating func beginElement(to out: ByteBuffer) {
        guard case .jsonArray = format else { return }
        out.append(isEmpty ? "[" : ",\n")
        isEmpty = false
    }

    /// What stands behind it.
    func endElement(to out: ByteBuffer) {
        guard case .ndjson = format else { return }
        out.append("\n")
    }

    /// Each line loses its newline and gets `[` or `,\n` in front: at most one byte more for each. Returns
    /// how many lines there were.
    private mutating func appendElements(
        _ lines: UnsafeRawBufferPointer, countMax: Int, to out: ByteBuffer
    ) -> Int {
        guard !lines.isEmpty else { return 0 }
        var isFirst = isEmpty
        var count = 0
        isEmpty = false
        out.append(upTo: lines.count + countMax) { room in
            var rest = lines
            var written = 0
            while !rest.isEmpty {
                precondition(count < countMax, "more lines than were counted")
                let line = Self.cutLine(from: &rest)
                written = Self.write(line, isFirst: isFirst, to: room, at: written)
                isFirst = false
                count += 1
            }
            return written
        }
        return count
    }

    /// The next line without its newline.
    private static func cutLine(from rest: inout UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let newline = Memory.firstIndex(of: UInt8(ascii: "\n"), in: rest) else {
            preconditionFailure("a line ends with a newline")
        }
        let line = UnsafeRawBufferPointer(rebasing: rest[..<newline])
        rest = UnsafeRawBufferPointer(rebasing: rest[(newline + 1)...])
        return line
    }

    /// Returns where the next line goes. The room suffices: what is written is bounded by `lines` and
    /// `count`.
    private static func write(
        _ line: UnsafeRawBufferPointer, isFirst: Bool, to room: UnsafeMutableRawBufferPointer, at start: Int
    ) -> Int {
        var at = start
        if isFirst {
            room[at] = UInt8(ascii: "[")
            at += 1
        } else {
            room[at] = UInt8(ascii: ",")
            room[at + 1] = UInt8(ascii: "\n")
            at += 2
        }
        UnsafeMutableRawBufferPointer(rebasing: room[at..<at + line.count]).copyMemory(from: line)
        return at + line.count
    }
}
