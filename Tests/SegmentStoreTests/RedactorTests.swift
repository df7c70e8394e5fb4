import Glibc
import LogLine
import Replication
import TestSupport
import Testing

@testable import SegmentStore

/// `log redact`: lines that lose what they say, in a log that no service uses.
@Suite struct RedactorTests {
    private static let secret = Array("Hello everyone!".utf8)

    /// What is left of the lines at `offsets`.
    private func run(_ log: LogBuilder, _ offsets: Set<UInt64>) throws(LogError) -> RedactionReport {
        try LogRedactor(directory: "/log", files: log.failing).run { (scan, line) throws(LogError) in
            guard offsets.contains(scan.offset.value) else { return nil }
            return Self.redacted(line, scan)
        }
    }

    private static func redacted(_ line: UnsafeRawBufferPointer, _ scan: LineScan) -> [UInt8]? {
        // The lines are the test's own.
        try? Line.redacted(line, scan)
    }

    /// The log's lines with those at `offsets` redacted.
    private func lines(_ log: LogBuilder, _ offsets: Set<UInt64>) throws -> [[UInt8]] {
        try log.lines.enumerated().map { index, line in
            guard offsets.contains(UInt64(index + 1)) else { return line }
            return try line.dropLast().withUnsafeBytes { bytes in
                try #require(Self.redacted(bytes, try Line.scan(bytes)))
            }
        }
    }

    @Test(
        "The lines at the offsets are redacted, everything else stays, and the log goes on"
    )
    func redacts() throws {
        for offsets: Set<UInt64> in [[1], [8], [2, 3], [1, 4, 5, 8], [1, 2, 3, 4, 5, 6, 7, 8]] {
            let log = try LogBuilder.log(lines: 8, perSegment: 3)
            let before = try LogInspector(directory: "/log", files: log.files).check()
            let report = try run(log, offsets)
            let after = try LogInspector(directory: "/log", files: log.files).check()
            #expect(after.verdict == .whole && after.synced == before.synced && !report.hasCutFiles)
            #expect(
                after.digest == before.digest && after.head == before.head && after.epoch == before.epoch)
            #expect(report.digest == before.digest && report.head == before.head)
            #expect(after.segments.map(\.first) == before.segments.map(\.first))
            let opened = try log.open()
            #expect(try opened.recovered == lines(log, offsets), "offsets \(offsets)")
            #expect(opened.recovery.epoch == Epoch(1) && opened.recovery.digest == before.digest)
            let next = opened.maker
            var maker = next
            let line = maker.next()
            var group = WriteGroup()
            group.add(ByteSlice(line), through: maker.offset)
            guard case .durable = opened.writer.commit(group) else {
                Issue.record("nothing can be written")
                return
            }
            log.files.kill()
            #expect(try log.open().recovered == lines(log, offsets) + [line])
        }
    }

    @Test("A segment of more than one read's bytes is copied whole")
    func large() throws {
        var maker = LineMaker()
        let files = ForgetfulFiles()
        let importer = try LogImporter(directory: "/log", files: files, newEpoch: Epoch(5))
        let text = String(repeating: "x", count: LineLimits.textBytesMax)
        let all = (0..<40).map { _ in maker.next(text) }
        for line in all {
            let slice = ByteSlice(line)
            try importer.append(slice.pointer)
        }
        let end = try importer.finish()
        files.kill()
        let report = try LogRedactor(directory: "/log", files: files).run { (scan, line) throws(LogError) in
            scan.offset == Offset(20) ? Self.redacted(line, scan) : nil
        }
        #expect(report.digest == end.digest)
        let recovered = try WriterRun(files).recovered
        #expect(recovered[..<19] == all[..<19] && recovered[20...] == all[20...])
        #expect(recovered[19].count < 200)
    }

    @Test("When nothing is to change, nothing is written")
    func nothing() throws {
        let log = try LogBuilder.log(lines: 4)
        let changes = log.files.changes
        _ = try run(log, [])
        // The lock's file names its holder.
        let lockChanges = 2
        #expect(log.files.changes <= changes + lockChanges)
        #expect(try log.open().recovered == log.lines)
    }

    @Test("Lines behind the note, of a process that was killed, stay and are on disk when they moved")
    func killed() throws {
        for seed in UInt64(0)..<40 {
            let log = try LogBuilder.log(lines: 5, isKilled: true, durability: .none)
            _ = try run(log, [2])
            var random = SplitMix64(seed: seed)
            log.files.reboot(&random)
            #expect(try log.open().recovered == lines(log, [2]), "seed \(seed)")
        }
    }

    @Test("A log in use, a damaged one, a torn one and none at all are refused, and nothing is changed")
    func refusals() throws {
        let used = try LogBuilder.log(lines: 3)
        let service = try used.open()
        #expect(throws: LogError.self) { try run(used, [1]) }
        withExtendedLifetime(service) {}
        let damaged = try LogBuilder.log(lines: 3)
        damaged.files.corrupt(LogBuilder.segmentPath(1)) { $0[30] ^= 1 }
        let torn = try LogBuilder.log(lines: 3, isKilled: true)
        torn.files.corrupt(LogBuilder.segmentPath(1)) { $0 += [1, 2, 3] }
        for log in [damaged, torn] {
            let bytes = log.files.bytes(LogBuilder.segmentPath(1))
            #expect(throws: LogError.self) { try run(log, [2]) }
            #expect(log.files.bytes(LogBuilder.segmentPath(1)) == bytes)
        }
        let none = #expect(throws: LogError.self) { try run(LogBuilder(), [1]) }
        #expect(none?.code == .unusable)
    }

    @Test("Each refusal has its code")
    func codes() throws {
        let log = try LogBuilder.log(lines: 3, isKilled: true)
        let service = try log.open()
        let locked = #expect(throws: LogError.self) { try run(log, [1]) }
        #expect(locked?.code == .locked)
        withExtendedLifetime(service) {}
        log.files.kill()
        log.files.corrupt(LogBuilder.segmentPath(1)) { $0 += [1] }
        let torn = #expect(throws: LogError.self) { try run(log, [1]) }
        #expect(torn?.code == .damaged && torn?.message.contains("start the service once") == true)
    }

    @Test("Cut bytes, where what was erased may stand, are told of")
    func cutFiles() throws {
        let log = try LogBuilder.log(lines: 3, isKilled: true)
        log.files.corrupt(LogBuilder.segmentPath(1)) { $0 += [1, 2, 3] }
        try log.open().writer.close()
        log.files.kill()
        #expect(try run(log, [1]).hasCutFiles)
    }

    @Test(
        "A failing disk leaves a log that opens with the same lines or the new ones")
    func failures() throws {
        let failures: [(FailingFiles.Call, String, Int32)] = [
            (.open, ".ndjson.new", EACCES), (.write, ".ndjson.new", ENOSPC), (.syncData, ".ndjson.new", EIO),
            (.write, "synced.new", ENOSPC), (.rename, "/synced", EIO), (.rename, ".ndjson", EIO),
            (.syncDirectory, "/segments", EIO), (.read, ".ndjson", EIO), (.truncate, ".ndjson.new", EIO),
        ]
        for (call, suffix, code) in failures {
            let log = try LogBuilder.log(lines: 5, perSegment: 3)
            log.failing.fail(call, of: suffix, code: code, always: true)
            #expect(throws: LogError.self, "\(call) \(suffix)") { try run(log, [2, 5]) }
            log.failing.heal()
            log.files.kill()
            let opened = try log.open()
            let found = try [lines(log, []), lines(log, [2])].contains(opened.recovered)
            #expect(found && opened.recovery.epoch == Epoch(1), "\(call) \(suffix)")
            log.files.kill()
            _ = try run(log, [2, 5])
            #expect(try log.open().recovered == lines(log, [2, 5]), "\(call) \(suffix)")
        }
    }

    @Test(
        "After a crash at any point each line is as it was or redacted; then it can be done again"
    )
    func survivesCrashes() throws {
        var outcomes: Set<Int> = []
        for seed in UInt64(0)..<300 {
            var random = SplitMix64(seed: seed)
            let log = try LogBuilder.log(lines: 8, perSegment: 3, isKilled: random.oneIn(2))
            let digest = try LogInspector(directory: "/log", files: log.files).check().digest
            log.files.failPower(after: Int.random(in: 0..<30, using: &random), seed: seed)
            _ = try? run(log, [2, 7, 8])
            log.files.reboot(&random)
            let opened = try log.open()
            #expect(opened.recovery.digest == digest && opened.recovery.epoch == Epoch(1), "seed \(seed)")
            #expect(opened.recovery.cutBytes == 0, "seed \(seed)")
            let done = try [[], [2], [2, 7, 8]].firstIndex { try lines(log, $0) == opened.recovered }
            outcomes.insert(try #require(done, "seed \(seed)"))
            log.files.kill()
            _ = try run(log, [2, 7, 8])
            log.files.reboot(&random)
            #expect(try log.open().recovered == lines(log, [2, 7, 8]), "seed \(seed)")
        }
        #expect(outcomes == [0, 1, 2], "every outcome was seen")
    }
}
