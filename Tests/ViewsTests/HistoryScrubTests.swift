import LogLine
import TestSupport
import Testing

@testable import Views

@Suite("Checking the lines in memory")
struct HistoryScrubTests {
    private func makeHistory(of log: LogLines, bytesMax: Int = 0) throws -> History {
        let history = History(bytesMax: bytesMax, hash: ChannelHash(seed: (1, 2)))
        for line in log.lines { try history.append(line: line) }
        return history
    }

    private func makeLog(_ seed: UInt64, lines: Int, textBytes: Int? = nil) throws -> LogLines {
        var log = LogLines(seed: seed)
        for _ in 0..<lines { try log.add(channel: "general", textBytes: textBytes) }
        return log
    }

    /// As memory that changes by itself does: behind everybody's back.
    private func overwrite(_ history: History, _ offset: Offset, at byte: Int, with bytes: [UInt8]) throws {
        let slice = try history.slice(of: offset)
        let room = UnsafeMutableRawBufferPointer(start: slice.block.base + slice.start, count: slice.count)
        for (index, value) in bytes.enumerated() { room[byte + index] = value }
    }

    /// Steps until a pass is over or damage is found.
    private func pass(_ scrub: inout HistoryScrub, _ history: History) throws(HistoryScrub.Damage) {
        let passes = scrub.passes
        while scrub.passes == passes { try scrub.step(history, bytesMax: 1000) }
    }

    @Test("finds nothing in what is as it was written, pass after pass, also while lines come")
    func whole() throws {
        var log = try makeLog(1, lines: 600)
        let history = try makeHistory(of: log)
        var scrub = HistoryScrub()
        try pass(&scrub, history)
        #expect(scrub.checkedBytes == history.bytes)
        try scrub.step(history, bytesMax: 1000)
        for _ in 0..<10 {
            try log.add()
            try history.append(line: try #require(log.lines.last))
            try scrub.step(history, bytesMax: 1)
        }
        try pass(&scrub, history)
        #expect(scrub.passes == 2)
        #expect(scrub.checkedBytes > 2 * history.bytes - 10_000)
    }

    @Test("of nothing is done at once")
    func empty() throws {
        var scrub = HistoryScrub()
        try scrub.step(History(hash: ChannelHash(seed: (1, 2))), bytesMax: 1000)
        #expect(scrub.passes == 1 && scrub.checkedBytes == 0)
    }

    @Test("names the line in which a bit has changed, wherever it is", arguments: UInt64(1)...30)
    func flippedBit(seed: UInt64) throws {
        // Given
        var random = SplitMix64(seed: seed)
        let log = try makeLog(seed, lines: 300)
        let history = try makeHistory(of: log)
        let offset = Offset(UInt64(1 + random.below(300)))
        let line = log.line(offset)
        let byte = random.below(line.count)
        // When
        try overwrite(history, offset, at: byte, with: [line[byte] ^ UInt8(1 << random.below(8))])
        // Then
        var scrub = HistoryScrub()
        var found: HistoryScrub.Damage?
        do { try pass(&scrub, history) } catch { found = error }
        #expect(found?.offset == offset, "seed \(seed)")
    }

    @Test("finds a line that was replaced by another one that is whole in itself")
    func replacedLine() throws {
        // Given
        let history = History(hash: ChannelHash(seed: (1, 2)))
        var maker = LineMaker()
        for _ in 0..<700 { try history.append(line: maker.next("a text")) }
        var other = LineMaker(after: Offset(299))
        // When
        try overwrite(history, Offset(300), at: 0, with: other.next("b text"))
        // Then
        var scrub = HistoryScrub()
        var found: HistoryScrub.Damage?
        do { try pass(&scrub, history) } catch { found = error }
        #expect(found?.offset == Offset(512), "the next offset whose digest the index keeps")
        #expect(found?.detail.contains("digest") == true)
    }

    @Test("goes on where the memory begins when lines were dropped before it")
    func trimmed() throws {
        var log = try makeLog(3, lines: 100, textBytes: 200)
        let history = try makeHistory(of: log, bytesMax: 64 << 10)
        var scrub = HistoryScrub()
        try scrub.step(history, bytesMax: 1000)
        for _ in 0..<900 {
            try log.add(textBytes: 200)
            try history.append(line: try #require(log.lines.last))
        }
        #expect(history.index.first > Offset(100))
        try pass(&scrub, history)
        #expect(scrub.passes == 1)
    }

    @Test("begins anew with another history")
    func restart() throws {
        let first = try makeHistory(of: try makeLog(4, lines: 300))
        let second = try makeHistory(of: try makeLog(5, lines: 300))
        var scrub = HistoryScrub()
        try scrub.step(first, bytesMax: 10_000)
        scrub.restart()
        try pass(&scrub, second)
        #expect(scrub.passes == 1)
    }
}
