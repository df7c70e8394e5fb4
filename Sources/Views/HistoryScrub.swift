import LogLine

/// Checks the lines of a `History` again and again, a few at a time: memory that has changed by itself must
/// not be served, nor handed on as history.
///
/// A line is whole if and only if it ends with a newline, its bytes have the crc that stands in it and it is
/// the line of its offset; and the crcs of all lines must make the digests that the index keeps. Lines that
/// come or are dropped during a pass are no trouble. Allocates nothing; costs about one pass over the bytes.
public struct HistoryScrub: Sendable {
    /// Where the memory is not what was written.
    public struct Damage: Error, Equatable, Sendable {
        public let offset: Offset
        public let detail: String
    }

    /// Whole ones.
    public private(set) var passes: UInt64 = 0
    public private(set) var checkedBytes: UInt64 = 0
    /// The line to be checked next, and the digest before it.
    private var next: Offset = .zero
    private var digest: Digest = .zero

    public init() {}

    /// The memory is another one from now on.
    public mutating func restart() { next = .zero }

    /// Goes on with the next lines, of about `bytesMax` bytes, at least one. After damage the pass stays
    /// where it is.
    public mutating func step(_ history: History, bytesMax: Int) throws(Damage) {
        let index = history.index
        if next < index.first || next > index.last.next { begin(index) }
        var bytes = 0
        while next <= index.last, bytes < bytesMax {
            let line = try check(history)
            bytes += line.bytes
            digest = digest.adding(crc: line.crc)
            try compare(with: index)
            next = next.next
        }
        checkedBytes += UInt64(bytes)
        guard next > index.last else { return }
        passes += 1
        begin(index)
    }

    private mutating func begin(_ index: LogIndex) {
        next = index.first
        digest = index.firstDigest
    }

    private func check(_ history: History) throws(Damage) -> (bytes: Int, crc: UInt32) {
        // What has been dropped is not asked for.
        guard let line = try? history.slice(of: next), line.pointer.last == UInt8(ascii: "\n") else {
            throw damage("it has no end")
        }
        let scan = try scan(UnsafeRawBufferPointer(rebasing: line.pointer.dropLast()))
        guard scan.offset == next else { throw damage("its offset is \(scan.offset)") }
        return (line.count, scan.crc)
    }

    private func scan(_ line: UnsafeRawBufferPointer) throws(Damage) -> LineScan {
        do throws(LineError) { return try Line.scan(line) } catch { throw damage(error.detail) }
    }

    /// Where the index knows the digest.
    private func compare(with index: LogIndex) throws(Damage) {
        let known = next == index.last ? (next, index.digest) : index.checkpoint(notAfter: next)
        guard known.0 == next, known.1 != digest else { return }
        throw damage("the crcs of the lines up to here do not make the digest that is kept")
    }

    private func damage(_ detail: String) -> Damage { Damage(offset: next, detail: detail) }
}
