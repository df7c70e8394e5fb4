import LogLine
import Replication
import TestSupport

/// One line as it lies on the simulated disk.
struct StoredLine {
    let bytes: [UInt8]
    let crc: UInt32
    let id: MessageID?
}

/// The log of a simulation: the real sequencer over a disk that takes its time, fails, and at a crash keeps
/// what was acknowledged and perhaps a little more.
final class SimulatedLog {
    enum Reply: Equatable {
        case written(Position)
        case refused(ProblemType)
        /// The connection broke, or there was none: the outcome is unknown.
        case broken
    }

    private struct Batch {
        let lines: [StoredLine]
        let through: Offset
        let term: UInt64
    }

    private struct Waiting {
        let restsOn: Offset
        let answer: (isDurable: Reply, isRewound: Reply)
        let reply: (Reply) -> Void
    }

    private let world: Simulation
    private(set) var sequencer: Sequencer
    private(set) var isUp = true
    /// Counts processes: what belongs to an earlier one never happens.
    private(set) var incarnation = 0
    /// What is durable, and the digest after each line (and before the first).
    private(set) var lines: [StoredLine] = []
    private(set) var crcs: [UInt32] = []
    private(set) var digests: [Digest] = [.zero]
    private var queue: [Batch] = []
    private var writing: [Batch] = []
    private var waiting: [Waiting] = []
    private var tails: [SimulatedStream] = []

    init(world: Simulation) {
        self.world = world
        sequencer = Self.emptySequencer(Epoch(world.random.next()))
    }

    private static func emptySequencer(_ epoch: Epoch) -> Sequencer {
        var limits = SequencerLimits()
        limits.pendingLinesMax = 64
        limits.idEntriesMax = 10_000
        return Sequencer(epoch: epoch, seed: sampleSeed, limits: limits)
    }

    var epoch: Epoch { sequencer.epoch }
    var head: Offset { Offset(UInt64(lines.count)) }
    var identity: LogIdentity { LogIdentity(epoch: epoch, offset: head, digest: digests[lines.count]) }

    /// Begins the heartbeats.
    func start() {
        let incarnation = incarnation
        world.time.after(.seconds(1)) { [self] in
            guard incarnation == self.incarnation else { return }
            world.bus.publish(.heartbeat(identity))
            for tail in tails { tail.heartbeat(identity) }
            start()
        }
    }
}

// MARK: - Writes

extension SimulatedLog {
    func append(_ draft: Draft, reply: @escaping (Reply) -> Void) {
        guard isUp else { return reply(.broken) }
        let out = ByteBuffer()
        let admission = sequencer.admit(draft, now: world.wallClock, into: out)
        let answer: Reply
        switch admission {
        case .assigned(let offset, _), .repeated(let offset, _):
            answer = .written(Position(epoch: epoch, offset: offset))
        case .refused(let refusal): answer = .refused(Problem(refusal, of: draft).type)
        }
        waiting.append(
            Waiting(restsOn: admission.restsOn, answer: (answer, .refused(.ioError)), reply: reply))
        if case .assigned = admission { enqueue(out, id: draft.id) }
        answerDurable()
    }

    private func enqueue(_ out: ByteBuffer, id: MessageID?) {
        let bytes = out.array
        guard let crc = world.crc(of: bytes) else { return }
        let line = StoredLine(bytes: bytes, crc: crc, id: id)
        queue.append(Batch(lines: [line], through: sequencer.head, term: sequencer.term))
        writeNext()
    }

    private func writeNext() {
        guard writing.isEmpty, !queue.isEmpty else { return }
        swap(&writing, &queue)
        let incarnation = incarnation
        world.time.after(.milliseconds(1 + world.random.below(8))) { [self] in
            guard incarnation == self.incarnation else { return }
            if world.chance(world.faults.writeFailure) { refuse() } else { makeDurable() }
            writeNext()
        }
    }

    private func makeDurable() {
        let after = head
        let batches = writing
        writing = []
        for line in batches.flatMap(\.lines) { keep(line) }
        guard let through = batches.last?.through else { return }
        world.check(batches.allSatisfy { $0.term == sequencer.term }, "a batch of an old term was written")
        world.check(head == through, "the disk's head is \(head), the batch's \(through)")
        sequencer.commit(through: through)
        world.check(
            sequencer.durableDigest == digests[lines.count], "the sequencer's digest is not the disk's")
        world.bus.publishLines(lines[Int(after.value)...], after: after, epoch: epoch)
        for tail in tails { tail.pump() }
        answerDurable()
    }

    /// Cut back to the durable end: this batch and all behind it have failed.
    private func refuse() {
        writing = []
        queue = []
        let undone = sequencer.rewind()
        world.check(undone.lowerBound == head.next, "the rewind goes back to \(undone.lowerBound)")
        world.check(sequencer.head == head, "the sequencer's head is not the disk's after a rewind")
        world.check(sequencer.digest == digests[lines.count], "the digest is not the disk's after a rewind")
        let failed = waiting
        waiting = []
        for entry in failed {
            entry.reply(entry.restsOn > head ? entry.answer.isRewound : entry.answer.isDurable)
        }
    }

    private func answerDurable() {
        let durable = sequencer.durable
        let ready = waiting.filter { $0.restsOn <= durable }
        waiting.removeAll { $0.restsOn <= durable }
        for entry in ready { entry.reply(entry.answer.isDurable) }
    }

    private func keep(_ line: StoredLine) {
        lines.append(line)
        crcs.append(line.crc)
        digests.append(digests[digests.count - 1].adding(crc: line.crc))
        world.truth[epoch, default: []].append(line.crc)
    }
}

// MARK: - Crashes

extension SimulatedLog {
    /// Loses what was not durable, or a part of it, and comes back after a while.
    func crash() {
        guard isUp else { return }
        stop()
        let survivors = writing.flatMap(\.lines)
        for line in survivors.prefix(world.random.below(survivors.count + 1)) { keep(line) }
        comeBack(epoch: epoch)
    }

    /// Comes back from a backup: acknowledged lines may be gone, so the epoch is a new one.
    func restore() {
        guard isUp else { return }
        stop()
        let kept = world.random.below(lines.count + 1)
        lines.removeLast(lines.count - kept)
        crcs.removeLast(crcs.count - kept)
        digests.removeLast(digests.count - kept - 1)
        let epoch = Epoch(world.random.next())
        world.truth[epoch] = crcs
        world.writers.forget(beyond: kept)
        comeBack(epoch: epoch)
    }

    private func stop() {
        isUp = false
        incarnation += 1
        queue = []
        let broken = waiting
        waiting = []
        for entry in broken { entry.reply(.broken) }
        for tail in tails { tail.interrupt() }
        tails = []
    }

    private func comeBack(epoch: Epoch) {
        writing = []
        sequencer = Self.emptySequencer(epoch)
        world.time.after(.milliseconds(50 + world.random.below(3000))) { [self] in
            do {
                try ReplicationTests.restore(lines.map { Array($0.bytes.dropLast()) }, into: &sequencer)
            } catch {
                world.check(false, "recovery failed: \(error)")
            }
            world.check(sequencer.digest == digests[lines.count], "recovery gave another digest")
            isUp = true
            start()
        }
    }
}

// MARK: - Reads

extension SimulatedLog {
    /// Answers a pod's request, as the contract says.
    func serve(_ stream: SimulatedStream) {
        guard isUp else { return stream.end(.broken) }
        let after = stream.request.after
        if let proof = stream.request.proof {
            guard proof.epoch == epoch else { return stream.end(.conflict(.epoch(now: epoch))) }
            guard after <= head else { return stream.end(.conflict(.beyondHead(head))) }
            guard proof.digest == digests[Int(after.value)] else { return stream.end(.conflict(.digest)) }
        }
        stream.begin(log: self)
        if stream.request.mode == .live { tails.append(stream) }
        stream.pump()
    }

    func leave(_ stream: SimulatedStream) {
        tails.removeAll { $0 === stream }
    }
}
