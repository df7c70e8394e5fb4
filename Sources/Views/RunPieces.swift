import LogLine

/// Slices of whole lines, cut where one run of lines ends and the next begins.
struct RunPieces {
    private let slices: [ByteSlice]
    private let runs: [LineRun]
    private var slice = 0
    private var sliceStart = 0
    private var run = 0
    private var runStart = 0

    /// Precondition: the slices hold exactly the lines of the runs, in their order, and no line is spread
    /// over two of them.
    init(_ slices: [ByteSlice], of runs: [LineRun]) {
        self.slices = slices
        self.runs = runs
    }

    /// The next lines, with the run that they belong to, and whether they begin it.
    mutating func next() -> (lines: ByteSlice, run: LineRun, isFirst: Bool)? {
        while slice < slices.count, sliceStart == slices[slice].count {
            slice += 1
            sliceStart = 0
        }
        guard slice < slices.count else { return nil }
        while run < runs.count, runStart == runs[run].positions.count {
            run += 1
            runStart = 0
        }
        precondition(run < runs.count, "more bytes than the runs have")
        let count = min(slices[slice].count - sliceStart, runs[run].positions.count - runStart)
        let piece = slices[slice][sliceStart..<sliceStart + count]
        let isFirst = runStart == 0
        sliceStart += count
        runStart += count
        return (piece, runs[run], isFirst)
    }
}
