import LogLine
import Replication
import TestSupport
import Testing

@testable import SegmentStore

/// Reading sealed segments again.
@Suite struct SegmentScrubTests {
    /// A log of 35 lines in four segments, and the number of the first line of each.
    private func makeLog() throws -> (
        log: LogBuilder, table: SegmentTable, directory: LogDirectory, firsts: [Int]
    ) {
        let log = try LogBuilder.log(lines: 35, perSegment: 10)
        let directory = LogDirectory(WriterRun.path, files: log.failing)
        let firsts = try #require(try directory.segments())
        var start: UInt64 = 0
        var segments: [SegmentTable.Segment] = []
        for first in firsts {
            let bytes = try #require(log.files.bytes(directory.segmentPath(first: first))).count
            segments.append(SegmentTable.Segment(first: first, start: start, bytes: bytes))
            start += UInt64(bytes)
        }
        #expect(segments.count == 4)
        let table = SegmentTable(directory: directory, segments: segments)
        return (log, table, directory, firsts.map { Int($0.value) })
    }

    /// A whole pass in pieces of so many bytes.
    private func pass(
        _ table: SegmentTable, _ directory: LogDirectory, pieces: Int = 100
    ) -> (found: [ScrubReport.Damage], bytes: Int) {
        var scrub = SegmentScrub(table: table, directory: directory, bytesMax: pieces)
        var found: [ScrubReport.Damage] = []
        var checked = 0
        while case .checked(let bytes) = scrub.step(pieces, { found.append($0) }) { checked += bytes }
        return (found, checked)
    }

    private func start(of line: Int, in segment: Int, _ log: LogBuilder) -> Int {
        log.lines[segment - 1..<line - 1].reduce(0) { $0 + $1.count }
    }

    @Test(
        "Whole segments are passed over, in pieces of any size; the last one is not looked at",
        arguments: [1, 64, 100, 1000, 1 << 20])
    func whole(pieces: Int) throws {
        let (log, table, directory, firsts) = try makeLog()
        log.files.corrupt(LogBuilder.segmentPath(firsts[3])) { $0[10] ^= 1 }
        let changes = log.files.changes
        let (found, bytes) = pass(table, directory, pieces: pieces)
        #expect(found == [])
        #expect(bytes == Int(table.sealedBytes))
        #expect(log.files.changes == changes, "nothing is changed")
    }

    @Test("A changed bit is told with file, byte and offset, wherever it is", arguments: UInt64(1)...40)
    func flippedBit(seed: UInt64) throws {
        // Given
        var random = SplitMix64(seed: seed)
        let (log, table, directory, firsts) = try makeLog()
        let line = 1 + random.below(firsts[3] - 1)
        let first = try #require(firsts.last { $0 <= line })
        let byte = random.below(log.lines[line - 1].count)
        let start = start(of: line, in: first, log)
        // When
        log.files.corrupt(LogBuilder.segmentPath(first)) { $0[start + byte] ^= 1 << random.below(8) }
        // Then
        let found = pass(table, directory, pieces: 1 + random.below(2000)).found
        #expect(found.count == 1, "seed \(seed)")
        let damage = try #require(found.first)
        #expect(damage.file == LogBuilder.segmentPath(first), "seed \(seed)")
        #expect(damage.offset == Offset(UInt64(line)), "seed \(seed)")
        let place = start..<start + log.lines[line - 1].count + log.lines[min(line, 34)].count
        #expect(place.contains(damage.byte), "seed \(seed)")
    }

    @Test("Every damaged place of a pass is told, and what stands between them is not")
    func twoPlaces() throws {
        let (log, table, directory, firsts) = try makeLog()
        let first = firsts[1]
        for line in [first + 1, first + 2, first + 5] {
            let start = start(of: line, in: first, log)
            log.files.corrupt(LogBuilder.segmentPath(first)) { $0[start + 40] ^= 1 }
        }
        let found = pass(table, directory).found
        #expect(found.map(\.offset.value) == [UInt64(first + 1), UInt64(first + 5)])
    }

    @Test("Missing lines, a file that became shorter, and one that is gone are told")
    func missing() throws {
        let (log, table, directory, firsts) = try makeLog()
        let cut = start(of: firsts[1] + 3, in: firsts[1], log)
        log.files.corrupt(LogBuilder.segmentPath(firsts[1])) { $0.removeSubrange(cut...) }
        log.files.corrupt(LogBuilder.segmentPath(firsts[2])) { bytes in
            bytes = Array(bytes[LogBuilder.lineBytes...]) + [UInt8](repeating: 0x0A, count: 1000)
        }
        log.files.remove(LogBuilder.segmentPath(1))
        let found = pass(table, directory).found
        #expect(found.first?.offset == Offset(1))
        #expect((firsts[1]...firsts[1] + 3).contains(Int(found[1].offset.value)))
        #expect(found.contains { $0.offset.value == UInt64(firsts[2]) && $0.byte == 0 })
        #expect(found.contains { $0.detail.contains("shorter") })
        #expect(found.allSatisfy { !$0.detail.isEmpty })
    }

    @Test("Zeros where lines were are one place, also when they are longer than any line")
    func zeros() throws {
        let (log, table, directory, firsts) = try makeLog()
        log.files.corrupt(LogBuilder.segmentPath(firsts[1])) { bytes in
            for index in bytes.indices { bytes[index] = 0 }
        }
        let found = pass(table, directory).found
        #expect(found.count == 1)
        #expect(found.first?.offset.value == UInt64(firsts[1]) && found.first?.byte == 0)
    }

    @Test("What the disk refuses to read is told like other damage, and the pass goes on")
    func readError() throws {
        let (log, table, directory, firsts) = try makeLog()
        log.failing.fail(.read, of: LogDirectory.segmentName(first: Offset(UInt64(firsts[1]))), code: 5)
        log.files.corrupt(LogBuilder.segmentPath(firsts[2])) { $0[40] ^= 1 }
        let found = pass(table, directory).found
        #expect(found.map(\.offset.value) == [UInt64(firsts[1]), UInt64(firsts[2])])
        #expect(found.first?.detail.contains("Input/output error") == true)
    }

    @Test("A store tells of damage while it works, once, and goes on working")
    func byTheStore() throws {
        // Given
        let directory = try TemporaryDirectory()
        let files = SystemFiles()
        let (store, _) = try SegmentStore.openForTest(
            directory.path,
            options: StoreOptions(segmentBytesMax: 2000, scrubInterval: .milliseconds(200)), files: files)
        let events = Inbox<LogStoreEvent>()
        let found = Inbox<ScrubReport.Damage>()
        store.start(observer: { events.add($0) }, onDamage: { found.add($0) })
        var maker = LineMaker()
        for count in 1...60 {
            store.append(maker.batch(1), through: maker.offset, term: 1)
            #expect(events.wait { $0.count == count })
        }
        // When
        let path = "\(directory.path)/segments/\(LogDirectory.segmentName(first: Offset(1)))"
        let file = try files.open(path, .update)
        var byte: [UInt8] = [0x7E]
        _ = try byte.withUnsafeMutableBytes { bytes throws(SystemError) in
            try files.write(file, at: 200, UnsafeRawBufferPointer(bytes))
        }
        // Then
        #expect(found.wait { !$0.isEmpty })
        store.append(maker.batch(1), through: maker.offset, term: 1)
        #expect(events.wait { $0.count == 61 })
        store.close()
        #expect(found.all.map(\.file) == [path])
        #expect(store.scrubReport?.damageCount == 1 && store.scrubReport?.damages == found.all)
    }
}
