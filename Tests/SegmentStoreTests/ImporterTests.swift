import LogLine
import Replication
import TestSupport
import Testing

@testable import SegmentStore

/// `log restore`: a log of lines that come from elsewhere.
@Suite struct ImporterTests {
    private let files = ForgetfulFiles()

    private func importer() throws(LogError) -> LogImporter {
        try LogImporter(directory: "/log", segmentBytesMax: 600, files: files, newEpoch: Epoch(5))
    }

    private func lines(_ count: Int) -> [[UInt8]] {
        var maker = LineMaker()
        return (0..<count).map { _ in maker.next() }
    }

    private func append(_ bytes: some Collection<UInt8>, to importer: LogImporter) throws(LogError) {
        let slice = ByteSlice(Array(bytes))
        try importer.append(slice.pointer)
    }

    private func refusal(_ bytes: [UInt8]) throws -> LogError? {
        let importer = try importer()
        do throws(LogError) {
            try append(bytes, to: importer)
            _ = try importer.finish()
            return nil
        } catch {
            return error
        }
    }

    @Test("Lines in any pieces become a log with the same bytes and digest and the new epoch")
    func imports() throws {
        let lines = lines(20)
        let all = lines.flatMap { $0 }
        for piece in [1, 7, 150, all.count] {
            let test = ImporterTests()
            let importer = try test.importer()
            for start in stride(from: 0, to: all.count, by: piece) {
                try test.append(all[start..<min(start + piece, all.count)], to: importer)
            }
            let end = try importer.finish()
            #expect(end.position == Position(epoch: Epoch(5), offset: Offset(20)))
            test.files.kill()
            let run = try WriterRun(test.files)
            #expect(run.recovered == lines && run.recovery.digest == end.digest)
            #expect(run.recovery.epoch == Epoch(5) && !run.recovery.isNewEpoch)
        }
    }

    @Test("A finished import survives the loss of power")
    func isDurable() throws {
        for seed in UInt64(0)..<50 {
            let test = ImporterTests()
            let importer = try test.importer()
            try test.append(test.lines(5).flatMap { $0 }, to: importer)
            _ = try importer.finish()
            var random = SplitMix64(seed: seed)
            test.files.reboot(&random)
            #expect(try WriterRun(test.files).recovered == test.lines(5), "seed \(seed)")
        }
    }

    @Test("A redacted line is taken, with the crc that it had")
    func importsRedacted() throws {
        var lines = lines(3)
        let digest = try ImporterTests().importer()
        for line in lines { try append(line, to: digest) }
        lines[1] = try lines[1].dropLast().withUnsafeBytes { bytes in
            try #require(try Line.redacted(bytes, try Line.scan(bytes)))
        }
        let importer = try importer()
        for line in lines { try append(line, to: importer) }
        #expect(try importer.finish().digest == digest.finish().digest)
    }

    @Test("No line at all becomes an empty log")
    func importsNothing() throws {
        #expect(try refusal([]) == nil)
    }

    @Test("What is not a line, or does not continue the lines before it, is refused with its number")
    func refusesBadLines() throws {
        let lines = lines(4)
        var flipped = lines[2]
        flipped[40] ^= 1
        let thirds: [[UInt8]] = [
            flipped, lines[3], lines[1], lines[2].dropLast(), [0x0A],
            [UInt8](repeating: 0x20, count: LineLimits.lineBytesMax),
        ]
        for third in thirds {
            let error = try #require(try ImporterTests().refusal(lines[0] + lines[1] + third))
            #expect(error.code == .damaged && error.message.contains("line 3 of the stream"))
        }
    }

    @Test("A directory with a log is refused, and so is an import that was never finished")
    func refusesLog() throws {
        let importer = try importer()
        var maker = LineMaker()
        let text = String(repeating: "x", count: LineLimits.textBytesMax)
        for _ in 0..<20 { try append(maker.next(text), to: importer) }
        #expect(throws: LogError.self) { try self.importer() }
        files.kill()
        let unfinished = #expect(throws: LogError.self) { _ = try WriterRun(files) }
        #expect(unfinished?.code == .unusable)
        let log = try LogBuilder.log(lines: 2)
        let again = #expect(throws: LogError.self) {
            _ = try LogImporter(directory: "/log", files: log.files, newEpoch: Epoch(5))
        }
        #expect(again?.code == .unusable)
    }

    @Test("A full disk stops the import")
    func diskFull() throws {
        let failing = FailingFiles(files)
        let importer = try LogImporter(directory: "/log", files: failing, newEpoch: Epoch(5))
        try append(lines(3).flatMap { $0 }, to: importer)
        failing.fail(.write, of: ".ndjson", code: 28)
        let error = #expect(throws: LogError.self) { _ = try importer.finish() }
        #expect(error?.code == .diskFull)
    }
}
