import LogLine
import Replication
import TestSupport
import Testing

@testable import SegmentStore

/// What a start makes of what it finds, case by case.
@Suite struct RecoveryTests {
    private let last = LogBuilder.segmentPath(1)

    @Test("A new directory becomes an empty log with a new epoch")
    func createsLog() throws {
        let run = try LogBuilder().open()
        #expect(run.recovery.isNewEpoch && run.recovery.epoch == Epoch(1))
        #expect(run.recovery.head == .zero && run.recovery.streamEnd == 0 && run.recovery.time == nil)
    }

    @Test("A log that was closed opens with its lines and its epoch")
    func reopens() throws {
        let log = try LogBuilder.log(lines: 7, perSegment: 3)
        let run = try log.open()
        #expect(run.recovered == log.lines)
        #expect(run.recovery.epoch == Epoch(1) && !run.recovery.isNewEpoch)
        #expect(run.recovery.head == Offset(7) && run.recovery.segments == 3)
        #expect(run.recovery.streamEnd == UInt64(log.bytes.count))
        #expect(run.recovery.cutBytes == 0 && run.recovery.cutFile == nil)
    }

    @Test("What stands behind the last whole line is kept in a file of its own and cut off")
    func cutsTornTail() throws {
        for torn in [1, 50, LogBuilder.lineBytes - 1] {
            let log = try LogBuilder.log(lines: 3, isKilled: true)
            var maker = LineMaker(after: Offset(3))
            let rest = Array(maker.next().prefix(torn))
            log.files.corrupt(last) { $0 += rest }
            let run = try log.open()
            #expect(run.recovered == log.lines)
            #expect(run.recovery.cutBytes == torn && !run.recovery.isNewEpoch)
            #expect(log.files.bytes(try #require(run.recovery.cutFile)) == rest)
            #expect(log.files.bytes(last) == log.bytes)
        }
    }

    @Test("Everything from the first bad line behind the note on is cut off, whole lines, too")
    func cutsFromFirstBadLine() throws {
        let log = try LogBuilder.log(lines: 2, isKilled: true)
        var maker = LineMaker(after: Offset(2))
        let good = maker.next()
        var bad = maker.next()
        bad[20] ^= 1
        let rest = bad + maker.next() + [UInt8](repeating: 0, count: 5000)
        log.files.corrupt(last) { $0 += good + rest }
        let run = try log.open()
        #expect(run.recovered == log.lines + [good])
        #expect(log.files.bytes(try #require(run.recovery.cutFile)) == rest)
    }

    @Test("What was cut off is on disk before it is cut")
    func cutIsDurable() throws {
        for seed in UInt64(0)..<20 {
            let log = try LogBuilder.log(lines: 3, isKilled: true)
            log.files.corrupt(last) { $0 += [1, 2, 3] }
            let file = try #require(try log.open().recovery.cutFile)
            var random = SplitMix64(seed: seed)
            log.files.reboot(&random)
            #expect(log.files.bytes(file) == [1, 2, 3], "seed \(seed)")
        }
    }

    @Test("Lines that a start has shown are known to the note: damage to them refuses the next start")
    func notesWhatItFound() throws {
        let log = try LogBuilder.log(lines: 2, isKilled: true)
        var maker = LineMaker(after: Offset(2))
        let line = maker.next()
        log.files.corrupt(last) { $0 += line }
        #expect(try log.open().recovery.head == Offset(3))
        log.files.kill()
        log.files.corrupt(last) { $0[$0.count - 30] ^= 1 }
        #expect(log.refusal()?.code == .damaged)
    }

    @Test("Lines that are cut off twice are kept twice")
    func keepsEveryCut() throws {
        let log = try LogBuilder.log(lines: 1, isKilled: true)
        log.files.corrupt(last) { $0 += [1] }
        let first = try log.open().recovery.cutFile
        log.files.kill()
        log.files.corrupt(last) { $0 += [2] }
        let second = try log.open().recovery.cutFile
        #expect(log.files.bytes(try #require(first)) == [1])
        #expect(log.files.bytes(try #require(second)) == [2])
    }

    @Test("A line behind the note that does not continue the offsets or the time is cut off")
    func cutsWhatDoesNotContinue() throws {
        let log = try LogBuilder.log(lines: 2, isKilled: true)
        var skipping = LineMaker(after: Offset(3))
        var early = LineMaker(after: Offset(2), time: Timestamp(milliseconds: 0))
        for line in [skipping.next(), early.next()] {
            log.files.corrupt(last) { $0 = log.bytes + line }
            let run = try log.open()
            #expect(run.recovered == log.lines && run.recovery.cutBytes == line.count)
            log.files.kill()
        }
    }

    @Test("A flipped bit anywhere before the note refuses the start, names the place and changes nothing")
    func refusesDamageBeforeNote() throws {
        let log = try LogBuilder.log(lines: 3)
        let size = log.bytes.count
        for byte in stride(from: 0, to: size, by: 7) + [size - 1] {
            log.files.corrupt(last) { $0[byte] ^= 0x10 }
            let damaged = log.files.bytes(last)
            let error = try #require(log.refusal())
            #expect(error.code == .damaged)
            #expect(error.message.contains("\(last), byte "))
            #expect(error.message.contains("offset \(byte / LogBuilder.lineBytes + 1)"))
            #expect(error.message.contains("chatctl log check"))
            #expect(log.files.bytes(last) == damaged)
            log.files.corrupt(last) { $0[byte] ^= 0x10 }
        }
        #expect(try log.open().recovered == log.lines)
    }

    @Test("A flipped bit in a segment with a later one beside it refuses the start")
    func refusesDamageInSealedSegment() throws {
        let log = try LogBuilder.log(lines: 7, perSegment: 3)
        let sealed = LogBuilder.segmentPath(4)
        log.files.corrupt(sealed) { $0[5] ^= 1 }
        let error = try #require(log.refusal())
        #expect(
            error.code == .damaged && error.message.contains(sealed) && error.message.contains("offset 4"))
    }

    @Test("A segment that ends before the note refuses the start")
    func refusesShortSegment() throws {
        let log = try LogBuilder.log(lines: 3)
        log.files.corrupt(last) { $0.removeLast(LogBuilder.lineBytes) }
        let error = try #require(log.refusal())
        #expect(error.code == .damaged && error.message.contains("byte \(2 * LogBuilder.lineBytes)"))
    }

    @Test("Another history of the same length refuses the start")
    func refusesOtherHistory() throws {
        let log = try LogBuilder.log(lines: 3)
        var maker = LineMaker()
        let other = (1...3).flatMap { _ in maker.next("Hello everyone?") }
        #expect(other.count == log.bytes.count)
        log.files.corrupt(last) { $0 = other }
        let error = try #require(log.refusal())
        #expect(error.code == .damaged && error.message.contains("digest"))
    }

    @Test("A missing segment refuses the start, wherever it is missing")
    func refusesMissingSegment() throws {
        for missing in [1, 4, 7] {
            let log = try LogBuilder.log(lines: 8, perSegment: 3)
            log.files.remove(LogBuilder.segmentPath(missing))
            let error = try #require(log.refusal())
            #expect(error.code == .damaged)
        }
    }

    @Test("A missing or unreadable note refuses the start; one broken record of the two does not")
    func needsNote() throws {
        let log = try LogBuilder.log(lines: 3)
        let note = try #require(log.files.bytes(LogBuilder.notePath))
        for slot in 0...1 {
            log.files.corrupt(LogBuilder.notePath) { $0[slot * SlotFile.slotBytes + 20] ^= 1 }
            #expect(try log.open().recovered == log.lines)
            log.files.kill()
            log.files.corrupt(LogBuilder.notePath) { $0 = note }
        }
        log.files.corrupt(LogBuilder.notePath) { $0 = [UInt8](repeating: 0, count: SlotFile.fileBytes) }
        #expect(log.refusal()?.code == .damaged)
        log.files.kill()
        log.files.remove(LogBuilder.notePath)
        let error = try #require(log.refusal())
        #expect(error.code == .damaged && error.message.contains("/log/synced"))
    }

    @Test("Lines that a failed sync left in memory are on disk after the next start")
    func rewritesTail() throws {
        var log = try LogBuilder.log(lines: 2, isKilled: true)
        let run = try log.open()
        log.failing.fail(.syncData, of: ".ndjson", code: 5)
        let before = log.lines
        log.append(1, to: run)
        #expect(log.lines == before, "the sync has failed")
        log.files.kill()
        let shown = try log.open().recovered
        #expect(shown.count == 3)
        var random = SplitMix64(seed: 1)
        log.files.reboot(&random)
        #expect(try log.open().recovered == shown)
    }

    @Test("A log opens on a full disk, so that it can be read")
    func opensWhenDiskIsFull() throws {
        let log = try LogBuilder.log(lines: 3, isKilled: true)
        for suffix in ["lock", ".new", ".bytes"] {
            log.failing.fail(.write, of: suffix, code: 28, always: true)
        }
        #expect(try log.open().recovered == log.lines)
    }

    @Test("A start that cannot keep aside what it would cut off cuts nothing")
    func keepsTailWhenDiskIsFull() throws {
        let log = try LogBuilder.log(lines: 2, isKilled: true)
        log.files.corrupt(last) { $0 += [7, 7] }
        log.failing.fail(.write, of: ".bytes", code: 28)
        #expect(log.refusal()?.code == .diskFull)
        #expect(log.files.bytes(last) == log.bytes + [7, 7])
    }
}
