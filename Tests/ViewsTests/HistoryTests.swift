import LogLine
import TestSupport
import Testing

@testable import Views

@Suite("History")
struct HistoryTests {
    private func makeHistory(
        of log: LogLines, after: Offset = .zero, digest: Digest = .zero, position: UInt64 = 0,
        bytesMax: Int = 0
    ) throws -> History {
        let history = History(
            after: after, digest: digest, position: position, bytesMax: bytesMax,
            hash: ChannelHash(seed: (1, 2)))
        for line in log.lines { try history.append(line: line) }
        return history
    }

    @Test("What comes out is what went in, byte for byte, however it is cut", arguments: UInt64(1)...4)
    func bytes(seed: UInt64) throws {
        // Given
        var random = SplitMix64(seed: seed)
        var log = LogLines(seed: seed)
        for _ in 0..<200 { try log.add() }
        let history = try makeHistory(of: log, bytesMax: 1_000_000)
        let whole = log.bytes
        // When, Then
        #expect(history.bytes == UInt64(whole.count))
        for _ in 0..<300 {
            let low = random.below(whole.count + 1)
            let high = low + random.below(whole.count - low + 1)
            let positions = UInt64(low)..<UInt64(high)
            #expect(joined(try history.slices(of: positions)) == Array(whole[low..<high]), "seed \(seed)")
        }
        #expect(joined(try history.slices(from: 0, bytesMax: .max)) == whole)
        #expect(joined(try history.slices(from: 100, bytesMax: 50)) == Array(whole[100..<150]))
        #expect(try history.slices(from: UInt64(whole.count), bytesMax: 50).isEmpty)
        #expect(try history.slices(from: UInt64(whole.count) + 9, bytesMax: 50).isEmpty)
        #expect(try history.slices(from: 0, bytesMax: 0).isEmpty)
    }

    @Test("Every line, its crc and the digest behind it are found by offset, from any start")
    func byOffset() throws {
        // Given
        var log = LogLines(seed: 7, after: Offset(1_000), digest: Digest(99))
        for _ in 0..<700 { try log.add() }
        // When
        let history = try makeHistory(of: log, after: Offset(1_000), digest: Digest(99), position: 50_000)
        // Then
        #expect(try history.digest(at: Offset(1_000)) == Digest(99))
        for count in 1...700 {
            let offset = Offset(1_000) + count
            let slice = try history.slice(of: offset)
            #expect(slice.array == log.line(offset))
            #expect(
                history.crc(of: offset)
                    == (try Line.scan(UnsafeRawBufferPointer(rebasing: slice.pointer.dropLast()))).crc)
            #expect(try history.digest(at: offset) == log.digests[count])
        }
        #expect(try history.bytes(after: Offset(1_000)) == UInt64(log.bytes.count))
        #expect(try history.bytes(after: Offset(1_700)) == 0)
        #expect(try history.position(after: Offset(1_000)) == 50_000)
    }

    @Test("Slices are not copies, and a line is never spread over two of them")
    func wholeLines() throws {
        // Given
        var log = LogLines(seed: 8)
        for _ in 0..<300 { try log.add(textBytes: 1_000) }
        let history = try makeHistory(of: log, bytesMax: 1_000_000)
        // When
        let slices = try history.slices(from: 0, bytesMax: .max)
        // Then
        #expect(slices.count > 3)
        #expect(slices.allSatisfy { $0.pointer.last == 0x0A })
        let line = try history.slice(of: Offset(1))
        #expect(line.block === slices[0].block)
    }

    @Test("A line larger than a block is kept like any other")
    func largeLine() throws {
        // Given
        var log = LogLines(seed: 9)
        for textBytes in [10, 60_000, 10, 65_000, 65_000, 10] { try log.add(textBytes: textBytes) }
        // When
        let history = try makeHistory(of: log, bytesMax: 256 * 1_024)
        // Then
        #expect(joined(try history.slices(from: 0, bytesMax: .max)) == log.bytes)
        #expect(try history.slice(of: Offset(4)).array == log.line(Offset(4)))
    }

    @Test(
        "A bounded history keeps the newest lines within its bound, and everything about them stays right",
        arguments: [1, 20_000, 64 * 1_024, 200_000])
    func trimming(bytesMax: Int) throws {
        // Given
        var log = LogLines(seed: UInt64(bytesMax))
        let history = try makeHistory(of: log, bytesMax: bytesMax)
        for _ in 0..<3_000 {
            // When
            try log.add()
            try history.append(line: log.lines[log.lines.count - 1])
            // Then
            #expect(history.bytes <= UInt64(max(bytesMax, ViewLimits.blockBytesMin)))
        }
        let first = history.index.first
        #expect(history.bytes >= UInt64(min(bytesMax, 2_000) / 2))
        #expect(history.index.firstDigest == log.digests[first.value - 1 < 1 ? 0 : Int(first.value - 1)])
        let start = log.lines[..<Int(first.value - 1)].reduce(0) { $0 + $1.count }
        #expect(joined(try history.slices(from: UInt64(start), bytesMax: .max)) == Array(log.bytes[start...]))
        for offset in stride(from: first.value - 1, through: 3_000, by: 7) {
            #expect(try history.digest(at: Offset(offset)) == log.digests[Int(offset)])
        }
    }

    @Test("What has been dropped is refused with the oldest line that is left")
    func trimmed() throws {
        // Given
        var log = LogLines(seed: 3)
        for _ in 0..<1_000 { try log.add() }
        // When
        let history = try makeHistory(of: log, bytesMax: 64 * 1_024)
        // Then
        let first = history.index.first
        #expect(first > Offset(1))
        let error = Trimmed(first: first)
        #expect(throws: error) { try history.slice(of: first.previous) }
        #expect(throws: error) { try history.digest(at: first.previous.previous) }
        #expect(throws: error) { try history.position(after: first.previous.previous) }
        #expect(throws: error) { try history.bytes(after: .zero) }
        #expect(throws: error) { try history.slices(from: 0, bytesMax: 10) }
        #expect(throws: error) { try history.slices(of: 0..<1) }
        #expect(try history.bytes(after: first.previous) == history.bytes)
        #expect(try history.digest(at: first.previous) == history.index.firstDigest)
    }

    @Test("A reader's slice outlives the trimming of its block")
    func sliceOutlives() throws {
        // Given
        var log = LogLines(seed: 4)
        try log.add()
        let history = try makeHistory(of: log, bytesMax: 1)
        let slice = try history.slice(of: Offset(1))
        // When
        for _ in 0..<100 {
            try log.add()
            try history.append(line: log.lines[log.lines.count - 1])
        }
        // Then
        #expect(history.index.first > Offset(1))
        #expect(slice.array == log.line(Offset(1)))
    }

    @Test("An empty history has a digest, no bytes and no slices")
    func empty() throws {
        let history = History(
            after: Offset(5), digest: Digest(3), position: 70, hash: ChannelHash(seed: (1, 2)))
        #expect(history.bytes == 0)
        #expect(try history.digest(at: Offset(5)) == Digest(3))
        #expect(try history.bytes(after: Offset(5)) == 0)
        #expect(try history.slices(from: 70, bytesMax: 100).isEmpty)
        #expect(throws: Trimmed(first: Offset(6))) { try history.bytes(after: Offset(4)) }
    }

    @Test("Memory is the lines' bytes and at most 24 bytes for each message")
    func memory() throws {
        // Given
        var log = LogLines(seed: 5)
        for _ in 0..<8_000 { try log.add(textBytes: 120) }
        // When
        let history = try makeHistory(of: log)
        // Then
        let index = history.memoryBytes - log.bytes.count
        #expect(index <= 24 * 8_000)
        #expect(index > 0)
    }

    @Test("A line out of order is a programmer's error")
    func order() async {
        await #expect(processExitsWith: .failure) {
            var log = LogLines(seed: 6, after: Offset(1))
            try log.add()
            let history = History(hash: ChannelHash(seed: (1, 2)))
            try history.append(line: log.lines[0])
        }
    }
}

func joined(_ slices: [ByteSlice]) -> [UInt8] { slices.flatMap(\.array) }

extension History {
    /// Scans a line with its newline and appends it.
    func append(line: [UInt8]) throws {
        try line.withUnsafeBytes { bytes in
            let scan = try Line.scan(UnsafeRawBufferPointer(rebasing: bytes.dropLast()))
            append(bytes, scan: scan)
        }
    }
}
