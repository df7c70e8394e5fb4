import LogLine
import Replication
import TestSupport

/// Clients that write under ids and try again until they have an answer.
final class SimulatedWriters {
    private struct Acknowledged {
        let position: Position
        let draft: Draft
    }

    private let world: Simulation
    private let interval: Int
    private var written = 0
    private var acknowledged: [MessageID: Acknowledged] = [:]
    /// In the order of their first acknowledgement: what is written again is chosen from them.
    private var order: [MessageID] = []
    private var unanswered = 0
    private var isStopped = false

    init(world: Simulation) {
        self.world = world
        interval = 10 + world.random.below(80)
    }

    var acknowledgedCount: Int { acknowledged.count }
    var isIdle: Bool { isStopped && unanswered == 0 }

    func start() {
        for writer in 0..<3 { writeNext(writer) }
    }

    func stop() { isStopped = true }

    /// The log has been restored from a backup that ends there.
    func forget(beyond count: Int) {
        acknowledged = acknowledged.filter { $0.value.position.offset <= Offset(UInt64(count)) }
        order.removeAll { acknowledged[$0] == nil }
    }

    private func writeNext(_ writer: Int) {
        world.time.after(.milliseconds(1 + world.random.below(interval * 2))) { [self] in
            guard !isStopped else { return }
            unanswered += 1
            send(draft(writer), from: writer)
        }
    }

    private func draft(_ writer: Int) -> Draft {
        if world.random.oneIn(10), !order.isEmpty, let old = acknowledged[world.random.element(order)] {
            return old.draft
        }
        written += 1
        do {
            let key = world.random.oneIn(4) ? "k\(world.random.below(4))" : nil
            return try message(
                "text \(written)", id: "i\(written)", author: "w\(writer)", key: key,
                expect: world.random.oneIn(8) ? ["k0": 0] : [:])
        } catch {
            preconditionFailure("the sample draft is invalid: \(error)")
        }
    }

    private func send(_ draft: Draft, from writer: Int) {
        world.time.after(world.networkDelay()) { [self] in
            world.log.append(draft) { [self] reply in
                world.time.after(world.networkDelay()) { [self] in answered(draft, reply, from: writer) }
            }
        }
    }

    private func answered(_ draft: Draft, _ reply: SimulatedLog.Reply, from writer: Int) {
        switch reply {
        case .written(let position):
            note(draft, position)
            world.pods[writer % world.pods.count].handle(.acknowledged(position))
        case .refused(.expectationFailed): break
        case .refused, .broken:
            return world.time.after(.milliseconds(50 + world.random.below(200))) { [self] in
                send(draft, from: writer)
            }
        }
        unanswered -= 1
        writeNext(writer)
    }

    /// The answer may be one that was under way when the log was restored from a backup.
    private func note(_ draft: Draft, _ position: Position) {
        guard let id = draft.id, position.epoch == world.log.epoch else { return }
        if let first = acknowledged[id] {
            let isSame = first.position.offset == position.offset
            world.check(isSame, "id \(id) was answered with \(first.position) and with \(position)")
            return
        }
        acknowledged[id] = Acknowledged(position: position, draft: draft)
        order.append(id)
    }

    /// Every acknowledged write stands where it was said to stand, and no id stands twice.
    func checkAcknowledged() {
        let lines = world.log.lines
        for (id, entry) in acknowledged {
            let index = Int(entry.position.offset.value) - 1
            world.check(
                index < lines.count && lines[index].id == id,
                "acknowledged \(id) is not at \(entry.position)")
        }
        let ids = lines.compactMap(\.id)
        world.check(Set(ids).count == ids.count, "an id was written twice")
    }
}
