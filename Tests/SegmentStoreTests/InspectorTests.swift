import LogLine
import Replication
import TestSupport
import Testing

@testable import SegmentStore

/// `log check` and `log repair`.
@Suite struct InspectorTests {
    private let last = LogBuilder.segmentPath(1)
    private let newEpoch = Epoch(77)

    private func inspector(_ log: LogBuilder) -> LogInspector {
        LogInspector(directory: "/log", files: log.failing)
    }

    /// What the log holds after a repair, opened by the service.
    private func reopen(_ log: LogBuilder) throws -> WriterRun {
        log.files.kill()
        let run = try log.open()
        #expect(run.recovery.epoch == newEpoch && run.recovery.cutBytes == 0)
        return run
    }

    @Test("A whole log is reported with its segments, its head and its note, and not changed")
    func reportsWholeLog() throws {
        let log = try LogBuilder.log(lines: 7, perSegment: 3)
        let changes = log.files.changes
        let report = try inspector(log).check()
        #expect(report.verdict == .whole && report.epoch == Epoch(1) && !report.isInUse)
        #expect(report.segments.map(\.lines) == [3, 3, 1])
        #expect(report.segments.map(\.first) == [Offset(1), Offset(4), Offset(7)])
        #expect(report.segments.map(\.bytes).reduce(0, +) == log.bytes.count)
        #expect(report.head == Offset(7) && report.synced == Offset(7))
        #expect(try report.digest == log.open().recovery.digest)
        #expect(log.files.changes > changes, "opening it changes something")
        log.files.kill()
        let before = log.files.changes
        _ = try inspector(log).check()
        #expect(log.files.changes == before)
    }

    @Test("A torn tail is reported as what the service will cut off")
    func reportsTornTail() throws {
        let log = try LogBuilder.log(lines: 3, isKilled: true)
        log.files.corrupt(last) { $0 += [1, 2, 3] }
        guard case .torn(bytes: 3, let problem) = try inspector(log).check().verdict else {
            Issue.record("not torn")
            return
        }
        #expect(problem.file == last && problem.byte == log.bytes.count && problem.offset == Offset(4))
        #expect(try inspector(log).repair(newEpoch: newEpoch) == nil, "the service does it by itself")
    }

    @Test("Damage is reported with file, byte and offset, the same as a start reports it")
    func reportsDamage() throws {
        let log = try LogBuilder.log(lines: 7, perSegment: 3)
        let sealed = LogBuilder.segmentPath(4)
        log.files.corrupt(sealed) { $0[LogBuilder.lineBytes + 30] ^= 1 }
        guard case .damaged(let problem) = try inspector(log).check().verdict else {
            Issue.record("not damaged")
            return
        }
        #expect(problem.file == sealed && problem.offset == Offset(5))
        #expect((LogBuilder.lineBytes..<2 * LogBuilder.lineBytes).contains(problem.byte))
        #expect(log.refusal()?.message.hasPrefix(problem.description) == true)
    }

    @Test("A log in use can be checked, and cannot be repaired")
    func checksLogInUse() throws {
        let log = try LogBuilder.log(lines: 3)
        let run = try log.open()
        #expect(try inspector(log).check().isInUse)
        #expect(throws: LogError.self) { try inspector(log).repair(newEpoch: newEpoch) }
        withExtendedLifetime(run) {}
    }

    @Test("A log without a lock file is used by nobody")
    func checksLogWithoutLock() throws {
        let log = try LogBuilder.log(lines: 3)
        try log.files.rename("/log/lock", to: "/log/not-a-lock")
        let report = try inspector(log).check()
        #expect(report.verdict == .whole && !report.isInUse)
    }

    @Test("What is no log cannot be checked")
    func refusesNoLog() throws {
        let log = LogBuilder()
        #expect(throws: LogError.self) { try inspector(log).check() }
        #expect(throws: LogError.self) { try inspector(log).repair(newEpoch: newEpoch) }
    }

    @Test("A directory without a log is refused by a repair, and nothing is made in it")
    func repairsNoForeignDirectory() throws {
        let log = LogBuilder()
        try log.files.makeDirectory("/log")
        let before = log.files.changes
        #expect(throws: LogError.self) { try inspector(log).repair(newEpoch: newEpoch) }
        #expect(log.files.changes == before)
    }

    @Test("A whole log is not repaired")
    func leavesWholeLog() throws {
        let log = try LogBuilder.log(lines: 3)
        #expect(try inspector(log).repair(newEpoch: newEpoch) == nil)
        #expect(try log.open().recovery.epoch == Epoch(1))
    }

    @Test("A repair keeps the lines before the damage, and everything else in files of its own")
    func repairs() throws {
        let log = try LogBuilder.log(lines: 8, perSegment: 3)
        log.files.corrupt(LogBuilder.segmentPath(4)) { $0[LogBuilder.lineBytes + 30] ^= 1 }
        let damaged = try #require(log.files.bytes(LogBuilder.segmentPath(4)))
        let later = try #require(log.files.bytes(LogBuilder.segmentPath(7)))
        let report = try #require(try inspector(log).repair(newEpoch: newEpoch))
        #expect(report.epoch == newEpoch && report.head == Offset(4))
        let kept = report.cutFiles.compactMap { log.files.bytes($0) }
        #expect(kept == [later, Array(damaged.dropFirst(LogBuilder.lineBytes))])
        let run = try reopen(log)
        #expect(run.recovered == Array(log.lines[..<4]))
        #expect(run.recovery.digest == report.digest)
    }

    @Test("Whatever is missing or damaged, a repair makes a log of the lines that are left, and it goes on")
    func repairsEverything() throws {
        let damages: [(ForgetfulFiles) -> Void] = [
            { $0.remove(LogBuilder.notePath) },
            { $0.remove(LogBuilder.epochPath) },
            { $0.corrupt(LogBuilder.epochPath) { $0 = [] } },
            { $0.remove(LogBuilder.segmentPath(1)) },
            { $0.remove(LogBuilder.segmentPath(4)) },
            { $0.remove(LogBuilder.segmentPath(7)) },
            { $0.corrupt(LogBuilder.segmentPath(7)) { $0.removeLast() } },
            { $0.corrupt(LogBuilder.segmentPath(1)) { $0[0] = 0 } },
            { files in for first in [1, 4, 7] { files.remove(LogBuilder.segmentPath(first)) } },
            { files in
                for path in [LogBuilder.notePath, LogBuilder.bootPath, LogBuilder.epochPath] {
                    files.remove(path)
                }
            },
        ]
        let kept = [8, 8, 8, 0, 3, 6, 7, 0, 0, 8]
        for (damage, count) in zip(damages, kept) {
            var log = try LogBuilder.log(lines: 8, perSegment: 3)
            damage(log.files)
            #expect(log.refusal() != nil)
            log.files.kill()
            let report = try #require(try inspector(log).repair(newEpoch: newEpoch))
            #expect(report.head == Offset(UInt64(count)))
            let run = try reopen(log)
            #expect(run.recovered == Array(log.lines[..<count]))
            let continues = log.continues(run)
            #expect(continues)
        }
    }

    @Test("After a crash in the midst of a repair the log has the new epoch, or all that it had")
    func repairSurvivesCrashes() throws {
        for seed in UInt64(0)..<300 {
            var random = SplitMix64(seed: seed)
            let log = try LogBuilder.log(lines: 8, perSegment: 3)
            log.files.corrupt(LogBuilder.segmentPath(4)) { $0[LogBuilder.lineBytes] ^= 1 }
            log.files.failPower(after: Int.random(in: 0..<40, using: &random), seed: seed)
            _ = try? inspector(log).repair(newEpoch: newEpoch)
            log.files.reboot(&random)
            if let run = try? log.open() {
                #expect(run.recovery.epoch == newEpoch, "seed \(seed)")
                #expect(run.recovered == Array(log.lines[..<4]), "seed \(seed)")
                continue
            }
            log.files.kill()
            let report = try #require(try inspector(log).repair(newEpoch: newEpoch), "seed \(seed)")
            #expect(report.head == Offset(4), "seed \(seed)")
            #expect(try reopen(log).recovered == Array(log.lines[..<4]), "seed \(seed)")
        }
    }
}

extension LogBuilder {
    /// Whether lines can be appended to what was recovered, and are there after the next start.
    fileprivate mutating func continues(_ run: WriterRun) -> Bool {
        var maker = run.maker
        var group = WriteGroup()
        let line = maker.next()
        group.add(ByteSlice(line), through: maker.offset)
        guard case .durable = run.writer.commit(group) else { return false }
        files.kill()
        return (try? open().recovered) == run.recovered + [line]
    }
}
