import LogLine
import Replication
import TestSupport
import Testing

@testable import SegmentStore

/// When a start gives the log a new epoch.
@Suite struct EpochTests {
    @Test("After a restart of the machine, a log that acknowledged before it synced gets a new epoch")
    func newBoot() throws {
        for durability in [Durability.none, .interval(.seconds(1))] {
            let log = try LogBuilder.log(lines: 3, isKilled: true, durability: durability)
            let run = try log.open(bootID: "boot-2")
            #expect(run.recovery.isNewEpoch && run.recovery.epoch == Epoch(9))
            #expect(log.files.bytes(LogBuilder.epochPath) == Array("0000000000000009\n".utf8))
            log.files.kill()
            #expect(try log.open(bootID: "boot-2").recovery.epoch == Epoch(9), "it is made once")
        }
    }

    @Test("It keeps its epoch when the process alone ended, or when it was closed in order")
    func sameBoot() throws {
        for durability in [Durability.none, .interval(.seconds(1))] {
            let killed = try LogBuilder.log(lines: 3, isKilled: true, durability: durability)
            #expect(try !killed.open().recovery.isNewEpoch)
            let closed = try LogBuilder.log(lines: 3, durability: durability)
            #expect(try !closed.open(bootID: "boot-2").recovery.isNewEpoch)
        }
    }

    @Test("It gets a new epoch when something is cut off")
    func cut() throws {
        let log = try LogBuilder.log(lines: 3, isKilled: true, durability: .none)
        log.files.corrupt(LogBuilder.segmentPath(1)) { $0.removeLast() }
        let run = try log.open()
        #expect(run.recovery.isNewEpoch && run.recovery.head == Offset(2))
    }

    @Test("A log that syncs first keeps its epoch over any crash")
    func sync() throws {
        let log = try LogBuilder.log(lines: 3, isKilled: true)
        #expect(try !log.open(bootID: "boot-2").recovery.isNewEpoch)
    }

    @Test("What counts is how the last run acknowledged, not how the next one does")
    func changedDurability() throws {
        var log = try LogBuilder.log(lines: 3, isKilled: true, durability: .none)
        log.options.durability = .sync
        #expect(try log.open(bootID: "boot-2").recovery.isNewEpoch)
    }

    @Test("Without a record of the last run a new epoch is made")
    func missingRecord() throws {
        let log = try LogBuilder.log(lines: 3)
        log.files.remove(LogBuilder.bootPath)
        #expect(try log.open().recovery.isNewEpoch)
        log.files.kill()
        #expect(try !log.open().recovery.isNewEpoch)
    }
}
