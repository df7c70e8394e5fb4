import LogLine
import Replication

/// A line, and what is to stand in its place.
struct LineChange {
    /// Of the line, in the stream.
    let position: UInt64
    /// Of the line that is there, with its newline.
    let bytes: Int
    /// With its newline.
    let line: [UInt8]
    /// Before the line.
    let history: HistoryPoint
}

/// Gathers the changes while the log is read, in its order.
struct LineChanges {
    private(set) var list: [LineChange] = []
    private var history = HistoryPoint.zero

    mutating func take(
        _ scan: LineScan, _ bytes: UnsafeRawBufferPointer, _ position: UInt64,
        _ replacement: LogRedactor.Replacement
    ) throws(LogError) {
        if let line = try replacement(scan, bytes) {
            precondition(Self.keepsHistory(line, scan), "line \(scan.offset) would change the history")
            list.append(
                LineChange(position: position, bytes: bytes.count + 1, line: line, history: history))
        }
        history = HistoryPoint(offset: scan.offset, digest: history.digest.adding(crc: scan.crc))
    }

    private static func keepsHistory(_ line: [UInt8], _ scan: LineScan) -> Bool {
        line.withUnsafeBytes { bytes in
            let kept = try? Line.scan(UnsafeRawBufferPointer(rebasing: bytes.dropLast()))
            return bytes.last == UInt8(ascii: "\n") && kept?.offset == scan.offset && kept?.time == scan.time
                && kept?.crc == scan.crc
        }
    }
}

/// A segment of which some lines change.
struct ChangedSegment {
    let first: Offset
    /// Its stream position.
    let start: UInt64
    let bytes: Int
    /// At least one.
    let changes: ArraySlice<LineChange>

    private func byte(of change: LineChange) -> Int { Int(change.position - start) }

    /// The byte of the segment where the first changed line begins.
    var firstChange: Int { changes.first.map { byte(of: $0) } ?? bytes }

    /// A note that is true of the segment before and after.
    var noteBefore: SyncNote {
        SyncNote(segment: first, bytes: firstChange, history: changes.first?.history ?? .zero)
    }

    /// The same note, of the changed segment.
    func moved(_ note: SyncNote) -> SyncNote {
        var moved = note
        for change in changes where byte(of: change) < note.bytes {
            moved.bytes += change.line.count - change.bytes
        }
        return moved
    }

    /// Writes the changed segment to `copy`, whatever stood there.
    func write(_ source: LogFile, to copy: LogFile) throws(LogError) {
        try copy.truncate(to: 0)
        var read = 0
        var written = 0
        for change in changes {
            let kept = read..<byte(of: change)
            try source.copy(kept, to: copy, at: written)
            written += kept.count
            try copy.write(at: written, change.line)
            written += change.line.count
            read = kept.upperBound + change.bytes
        }
        try source.copy(read..<bytes, to: copy, at: written)
    }
}
