import LogLine

extension MessagePage {
    /// Appends the messages of `runs`, which `slices` hold (each with its newline), as readers see them now.
    /// Runs in which nothing was amended are copied as they are.
    ///
    /// Precondition: no line is spread over two slices.
    public mutating func append(
        _ slices: [ByteSlice], of runs: [LineRun], amendedBy amendments: Amendments, to out: ByteBuffer
    ) {
        let isAmended = runs.contains { amendments.firstAmended(from: $0.first, before: $0.end) != nil }
        guard isAmended else {
            return append(slices, count: runs.reduce(0) { $0 + $1.count }, to: out)
        }
        var pieces = RunPieces(slices, of: runs)
        var offset = Offset.zero
        while let piece = pieces.next() {
            if piece.isFirst { offset = piece.run.first }
            offset = append(piece.lines, from: offset, amendments, to: out)
        }
    }

    /// Appends lines that follow each other without a gap; returns the offset behind them.
    private mutating func append(
        _ lines: ByteSlice, from first: Offset, _ amendments: Amendments, to out: ByteBuffer
    ) -> Offset {
        let bytes = lines.pointer
        let end = first + Self.lineCount(bytes)
        var offset = first
        var at = 0
        while let amended = amendments.firstAmended(from: offset, before: end) {
            let start = Self.position(behind: amended - offset, linesOf: bytes, from: at)
            append([lines[at..<start]], count: amended - offset, to: out)
            let next = Self.position(behind: 1, linesOf: bytes, from: start)
            beginElement(to: out)
            amendments.append(UnsafeRawBufferPointer(rebasing: bytes[start..<next - 1]), to: out)
            endElement(to: out)
            at = next
            offset = amended.next
        }
        append([lines[at..<lines.count]], count: end - offset, to: out)
        return end
    }

    private static func lineCount(_ lines: UnsafeRawBufferPointer) -> Int {
        var count = 0
        var at = 0
        while let newline = Memory.firstIndex(of: UInt8(ascii: "\n"), in: lines, from: at) {
            count += 1
            at = newline + 1
        }
        return count
    }

    /// Where the line behind the next `count` ones begins.
    private static func position(
        behind count: Int, linesOf lines: UnsafeRawBufferPointer, from start: Int
    ) -> Int {
        var at = start
        for _ in 0..<count {
            guard let newline = Memory.firstIndex(of: UInt8(ascii: "\n"), in: lines, from: at) else {
                preconditionFailure("a line ends with a newline")
            }
            at = newline + 1
        }
        return at
    }
}
