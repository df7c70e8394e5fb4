import Glibc
import LogLine
import Replication
import TestSupport

@testable import SegmentStore

/// A log that is written, killed and cut off from power again and again, and after each start compared with
/// what it had promised.
///
/// Invariant: what was acknowledged or shown by an earlier start is there, byte for byte and in order; behind
/// it stands nothing but a beginning of what was submitted last; nothing that was refused is ever seen.
struct CrashSimulation {
    struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    let seed: UInt64
    let durability: Durability
    let files = ForgetfulFiles()
    private(set) var crashes = 0
    private(set) var coverage = Coverage()

    /// How often it was where it hurts.
    struct Coverage {
        var powerFailures = 0
        var inCreation = 0
        var inRecovery = 0
        var refusals = 0
        var failedSyncs = 0
        var rolls = 0
        var cutTails = 0
        var recoveredUnacknowledged = 0

        static func += (total: inout Coverage, one: Coverage) {
            total.powerFailures += one.powerFailures
            total.inCreation += one.inCreation
            total.inRecovery += one.inRecovery
            total.refusals += one.refusals
            total.failedSyncs += one.failedSyncs
            total.rolls += one.rolls
            total.cutTails += one.cutTails
            total.recoveredUnacknowledged += one.recoveredUnacknowledged
        }

        var least: Int {
            [
                powerFailures, inCreation, inRecovery, refusals, failedSyncs, rolls, cutTails,
                recoveredUnacknowledged,
            ].min() ?? 0
        }
    }

    private let failing: FailingFiles
    private var random: SplitMix64
    /// Acknowledged, or seen after a start.
    private var promised: [[UInt8]] = []
    /// Submitted behind them, outcome unknown.
    private var submitted: [[UInt8]] = []
    private var epoch: Epoch?
    private var boot = 1
    private var epochsMade: UInt64 = 0
    /// Since the last start that got as far as being checked.
    private var powerWasLost = false

    init(seed: UInt64, durability: Durability = .sync) {
        self.seed = seed
        self.durability = durability
        failing = FailingFiles(files)
        random = SplitMix64(seed: seed)
    }

    /// Lives through that many crashes.
    mutating func run(crashes count: Int) throws {
        while crashes < count {
            files.failPower(after: Int.random(in: 0...60, using: &random), seed: random.next())
            var run: WriterRun?
            do {
                let started = try start()
                run = started
                try check(started)
                try work(started)
            } catch let error as LogError {
                guard files.isDown || error.code == .syncFailed else { throw violation("\(error)") }
            }
            note(run)
            crash()
        }
        files.failPower(after: nil, seed: 0)
        let run: WriterRun
        do { run = try open() } catch { throw violation("\(error)") }
        try check(run)
    }

    private mutating func start() throws(LogError) -> WriterRun {
        if random.oneIn(20) {
            failing.fail(.syncData, code: EIO, skipping: Int.random(in: 0...6, using: &random))
        }
        return try open()
    }

    private mutating func open() throws(LogError) -> WriterRun {
        epochsMade += 1
        let options = StoreOptions(
            durability: durability, segmentBytesMax: Int.random(in: 300...9000, using: &random))
        return try WriterRun(failing, options: options, bootID: "boot-\(boot)", epoch: epochsMade)
    }

    private mutating func note(_ run: WriterRun?) {
        guard let run else {
            if epoch == nil { coverage.inCreation += 1 } else { coverage.inRecovery += 1 }
            return
        }
        coverage.rolls += Int(run.writer.statistics.rolls)
        coverage.refusals += Int(run.writer.statistics.refusals)
        if run.recovery.cutBytes > 0 { coverage.cutTails += 1 }
    }

    /// The machine or only the process ends, whatever it was doing.
    private mutating func crash() {
        crashes += 1
        failing.heal()
        guard files.isDown || random.oneIn(2) else { return files.kill() }
        powerWasLost = true
        coverage.powerFailures += 1
        boot += 1
        files.reboot(&random)
    }
}

// MARK: Working

extension CrashSimulation {
    private mutating func work(_ run: WriterRun) throws {
        for _ in 0..<Int.random(in: 0...25, using: &random) {
            run.advance(.milliseconds(Int.random(in: 0...400, using: &random)))
            try run.writer.tick()
            guard try commit(run) else { return }
        }
        if random.oneIn(3) { try run.writer.close() }
    }

    /// False when the writer has failed.
    private mutating func commit(_ run: WriterRun) throws -> Bool {
        var maker = run.maker
        var group = WriteGroup()
        submitted = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let lines = (0..<Int.random(in: 1...3, using: &random)).map { _ in maker.next(text()) }
            submitted += lines
            group.add(ByteSlice(lines.flatMap { $0 }), through: maker.offset)
        }
        injectFailure()
        switch run.writer.commit(group) {
        case .durable(let through):
            guard through == maker.offset else {
                throw violation("acknowledged \(through), not \(maker.offset)")
            }
            promised += submitted
            submitted = []
            run.maker = maker
        case .refused(let durable, _):
            guard durable == run.maker.offset else { throw violation("cut back to \(durable)") }
            submitted = []
        case .failed:
            if !files.isDown { coverage.failedSyncs += 1 }
            return false
        }
        return true
    }

    private mutating func injectFailure() {
        failing.heal()
        switch Int.random(in: 0..<60, using: &random) {
        case 0...2:
            failing.fail(
                .write, of: ".ndjson", code: ENOSPC, partBytes: Int.random(in: 0...500, using: &random))
        case 3:
            failing.fail(.write, of: "synced", code: EIO, partBytes: Int.random(in: 0...400, using: &random))
        case 4: failing.fail(.syncData, code: EIO)
        case 5: failing.fail(.open, of: ".ndjson", code: EMFILE)
        case 6:
            failing.fail(.write, of: ".ndjson", code: EIO, partBytes: 100)
            failing.fail(.truncate, code: EIO)
        default: return
        }
    }

    private mutating func text() -> String {
        String(repeating: "x", count: Int.random(in: 1...random.element([10, 10, 600]), using: &random))
    }
}

// MARK: Checking

extension CrashSimulation {
    private mutating func check(_ run: WriterRun) throws {
        let found = run.recovered
        let all = promised + submitted
        guard found.count <= all.count, Array(all[..<found.count]) == found else {
            throw violation(
                "\(found.count) lines are not a beginning of the \(all.count) that were submitted")
        }
        try checkEpoch(run.recovery, lost: promised.count - found.count)
        try checkEnd(run.recovery, found)
        if found.count > promised.count { coverage.recoveredUnacknowledged += 1 }
        promised = found
        submitted = []
        powerWasLost = false
    }

    private mutating func checkEpoch(_ recovery: Recovery, lost: Int) throws {
        let mayLose = durability != .sync && powerWasLost
        guard lost <= 0 || mayLose else { throw violation("\(lost) acknowledged lines are missing") }
        guard lost <= 0 || epoch != recovery.epoch else {
            throw violation("lines are missing in the same epoch")
        }
        guard epoch == recovery.epoch || epoch == nil || durability != .sync else {
            throw violation("there is a new epoch without a reason")
        }
        epoch = recovery.epoch
    }

    private func checkEnd(_ recovery: Recovery, _ found: [[UInt8]]) throws {
        var group = WriteGroup()
        group.add(ByteSlice(found.flatMap { $0 }), through: Offset(UInt64(found.count)))
        let history = group.history(after: .zero)
        guard recovery.head == history.offset, recovery.digest == history.digest else {
            throw violation("head \(recovery.head) and digest \(recovery.digest) are not those of the lines")
        }
    }

    private func violation(_ detail: String) -> Violation {
        Violation(description: "seed \(seed), after \(crashes) crashes, \(durability.name): \(detail)")
    }
}

extension SplitMix64 {
    fileprivate mutating func element<T>(_ items: [T]) -> T {
        items[Int.random(in: 0..<items.count, using: &self)]
    }
}
