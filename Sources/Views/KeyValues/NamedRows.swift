import LogLine

/// A row of a table that is sorted by name.
protocol NamedRow {
    /// The name, and behind it whatever else the row keeps in the same memory.
    var content: [UInt8] { get }
    var nameBytes: Int { get }
}

extension NamedRow {
    func withName<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        content.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<nameBytes])) }
    }
}

/// Rows in the order of their names' bytes: finds one, adds one, and goes through those behind a name.
///
/// Kept in sorted chunks of bounded size in a sorted list. Finding costs two binary searches, adding moves
/// part of one chunk; nobody can choose names that make it slower. Names that come in ascending order fill
/// their chunks. Rows are never removed.
struct NamedRows<Row: NamedRow> {
    private var chunks: [[Row]] = []
    private(set) var count = 0

    private struct Place {
        let chunk: Int
        let row: Int
        let isFound: Bool
    }

    subscript(name: [UInt8]) -> Row? {
        let place = name.withUnsafeBytes { self.place(of: $0) }
        return place.isFound ? chunks[place.chunk][place.row] : nil
    }

    /// Changes the row of that name, which is `new()` when there is none yet.
    mutating func update(_ name: [UInt8], orAdd new: () -> Row, _ change: (inout Row) -> Void) {
        let place = name.withUnsafeBytes { self.place(of: $0) }
        if place.isFound { return change(&chunks[place.chunk][place.row]) }
        var row = new()
        change(&row)
        add(row, at: place)
    }

    /// Calls `body` for the rows from the first one that is not before `name`, in order, until it returns
    /// false.
    func forEach(from name: [UInt8], _ body: (Row) -> Bool) {
        guard !chunks.isEmpty else { return }
        let first = name.withUnsafeBytes { self.place(of: $0) }
        var start = first.row
        for chunk in first.chunk..<chunks.count {
            for row in chunks[chunk][start...] where !body(row) { return }
            start = 0
        }
    }

    /// What the table itself takes, without the rows' contents.
    var tableBytes: Int {
        chunks.reduce(chunks.capacity * MemoryLayout<[Row]>.stride) {
            $0 + $1.capacity * MemoryLayout<Row>.stride + ArrayMemory.headerBytes
        }
    }

    // MARK: Private

    /// Where the row of that name is, or belongs.
    private func place(of name: UnsafeRawBufferPointer) -> Place {
        let behind = partitionPoint(0..<chunks.count) { chunk in
            chunks[chunk][0].withName { Memory.precedes(name, $0) }
        }
        guard behind > 0 else { return Place(chunk: 0, row: 0, isFound: false) }
        let rows = chunks[behind - 1]
        let row = partitionPoint(0..<rows.count) { row in rows[row].withName { !Memory.precedes($0, name) } }
        let isFound = row < rows.count && rows[row].withName { Memory.equal($0, name) }
        return Place(chunk: behind - 1, row: row, isFound: isFound)
    }

    private mutating func add(_ row: Row, at place: Place) {
        count += 1
        guard !chunks.isEmpty else { return chunks.append([row]) }
        let rows = chunks[place.chunk].count
        guard rows >= KeyValueLimits.chunkRowsMax else {
            return chunks[place.chunk].insert(row, at: place.row)
        }
        if place.row == rows, place.chunk == chunks.count - 1 { return chunks.append([row]) }
        split(place.chunk)
        let kept = chunks[place.chunk].count
        if place.row <= kept {
            chunks[place.chunk].insert(row, at: place.row)
        } else {
            chunks[place.chunk + 1].insert(row, at: place.row - kept)
        }
    }

    private mutating func split(_ chunk: Int) {
        let half = chunks[chunk].count / 2
        let behind = Array(chunks[chunk][half...])
        chunks[chunk].removeLast(behind.count)
        chunks.insert(behind, at: chunk + 1)
    }
}
