import Glibc
import LogLine
import Replication
import TestSupport
import Testing

@testable import SegmentStore

/// The writer's core, driven by hand.
@Suite struct WriterTests {
    private func lines(_ run: WriterRun, _ count: Int) -> WriteGroup {
        var group = WriteGroup()
        for _ in 0..<count { group.add(ByteSlice(run.maker.next()), through: run.maker.offset) }
        return group
    }

    private func refusal(_ outcome: CommitOutcome) -> LogError.Code? {
        guard case .refused(_, let error) = outcome else { return nil }
        return error.code
    }

    private func failure(_ outcome: CommitOutcome) -> LogError.Code? {
        guard case .failed(let error) = outcome else { return nil }
        return error.code
    }

    @Test("A refused write leaves the file as it was, and the errors have their codes")
    func refuses() throws {
        let log = LogBuilder()
        let run = try log.open()
        _ = run.writer.commit(lines(run, 3))
        let before = log.files.bytes(LogBuilder.segmentPath(1))
        let maker = run.maker
        for (code, meaning) in [
            (ENOSPC, LogError.Code.diskFull), (EDQUOT, .diskFull), (EFBIG, .diskFull), (EIO, .ioError),
        ] {
            log.failing.fail(.write, of: ".ndjson", code: code, partBytes: 200)
            #expect(refusal(run.writer.commit(lines(run, 3))) == meaning)
            #expect(log.files.bytes(LogBuilder.segmentPath(1)) == before)
            run.maker = maker
        }
        #expect(run.writer.statistics.refusals == 4)
        guard case .durable(Offset(4)) = run.writer.commit(lines(run, 1)) else {
            Issue.record("it does not go on")
            return
        }
    }

    @Test("Bytes of a refused write never appear again, not even when the power fails after the next one")
    func refusedBytesStayAway() throws {
        for seed in UInt64(0)..<100 {
            let log = LogBuilder()
            let run = try log.open()
            let maker = run.maker
            log.failing.fail(.write, of: ".ndjson", code: ENOSPC, partBytes: 20_000)
            #expect(refusal(run.writer.commit(lines(run, 200))) == .diskFull)
            run.maker = maker
            log.files.failPower(after: 0, seed: seed)
            _ = run.writer.commit(lines(run, 1))
            var random = SplitMix64(seed: seed)
            log.files.reboot(&random)
            #expect(try log.open().recovery.head <= Offset(1), "seed \(seed)")
        }
    }

    @Test("A roll that fails refuses the group, and the next group rolls")
    func retriesRoll() throws {
        var log = LogBuilder()
        log.options.segmentBytesMax = 2 * LogBuilder.lineBytes
        let run = try log.open()
        _ = run.writer.commit(lines(run, 2))
        let maker = run.maker
        log.failing.fail(.open, of: LogDirectory.segmentName(first: Offset(3)), code: EMFILE)
        #expect(refusal(run.writer.commit(lines(run, 1))) == .ioError)
        run.maker = maker
        log.failing.fail(.write, of: "synced", code: ENOSPC)
        #expect(refusal(run.writer.commit(lines(run, 1))) == .diskFull)
        run.maker = maker
        guard case .durable(Offset(3)) = run.writer.commit(lines(run, 1)) else {
            Issue.record("it does not roll")
            return
        }
        #expect(run.table.count == 2 && run.writer.statistics.rolls == 1)
        log.files.kill()
        #expect(try log.open().recovery.segments == 2)
    }

    @Test("Every failed sync is terminal: of lines, of the directory, of the note")
    func failsForGood() throws {
        for failing in ["ndjson", "synced", "segments"] {
            var log = LogBuilder()
            log.options.segmentBytesMax = 2 * LogBuilder.lineBytes
            let run = try log.open()
            _ = run.writer.commit(lines(run, 2))
            log.failing.fail(failing == "segments" ? .syncDirectory : .syncData, of: failing, code: EIO)
            #expect(failure(run.writer.commit(lines(run, 1))) == .syncFailed)
        }
    }

    @Test("A note that cannot be written is written with the next sync")
    func survivesNoteFailure() throws {
        let log = LogBuilder()
        let run = try log.open()
        log.failing.fail(.write, of: "synced", code: ENOSPC, partBytes: 30)
        for _ in 0..<2 { _ = run.writer.commit(lines(run, 1)) }
        #expect(run.writer.statistics.noteFailures == 1)
        log.files.kill()
        #expect(try LogInspector(directory: "/log", files: log.files).check().synced == Offset(2))
    }

    @Test("The note is synced a second after it was, also when nothing more is written")
    func syncsNote() throws {
        let log = LogBuilder()
        let run = try log.open()
        #expect(run.writer.deadline == nil)
        _ = run.writer.commit(lines(run, 1))
        #expect(run.writer.deadline == StoreLimits.noteSyncInterval)
        run.advance(StoreLimits.noteSyncInterval)
        try run.writer.tick()
        #expect(run.writer.statistics.noteSyncs == 1 && run.writer.deadline == nil)
    }

    @Test(
        "With an interval lines are synced when it has passed since the first one, with none only at rolls"
    )
    func syncsByDurability() throws {
        var log = LogBuilder()
        log.options.durability = .interval(.milliseconds(50))
        let run = try log.open()
        _ = run.writer.commit(lines(run, 1))
        run.advance(.milliseconds(49))
        _ = run.writer.commit(lines(run, 1))
        try run.writer.tick()
        #expect(run.writer.statistics.syncs == 0)
        run.advance(.milliseconds(1))
        try run.writer.tick()
        #expect(run.writer.statistics.syncs == 1)

        var other = LogBuilder()
        other.options = StoreOptions(durability: .none, segmentBytesMax: LogBuilder.lineBytes)
        let lazy = try other.open()
        for rolls in UInt64(0)..<3 {
            _ = lazy.writer.commit(lines(lazy, 1))
            lazy.advance(.seconds(100))
            #expect(lazy.writer.statistics.syncs == rolls)
        }
    }

    @Test("A segment closes before it would grow beyond its bound")
    func rolls() throws {
        var log = LogBuilder()
        log.options.segmentBytesMax = 5 * LogBuilder.lineBytes + 10
        let run = try log.open()
        for count in [2, 2, 2, 9, 1, 4] { _ = run.writer.commit(lines(run, count)) }
        log.files.kill()
        let report = try LogInspector(directory: "/log", files: log.files).check()
        #expect(report.segments.map(\.lines) == [4, 2, 9, 5])
    }
}
