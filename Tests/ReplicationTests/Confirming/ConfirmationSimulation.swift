import LogLine
import TestSupport

@testable import Replication

/// A log and its pods, as far as reports and confirmations go: lines become durable, pods apply them late,
/// reports and questions are delayed, lost, repeated and overtaken, pods are killed and come back. Times are
/// virtual, everything follows from the seed.
///
/// What it holds against each answer is the pods' own memory at that very moment.
struct ConfirmationSimulation {
    /// A pod, with what it really has.
    private struct Pod {
        let id: ReplicaID
        var incarnation: UInt64
        var sequence: UInt64 = 0
        var applied: Offset = .zero
        var asks = ConfirmationAsks()
        var isAlive = true
        var isReady = true
        var reportsAt: Duration
    }

    private enum Event {
        case write
        case apply(Int, through: Offset, incarnation: UInt64)
        case ask(Int, Offset)
        case report(ReplicaReport)
        case kill
        case settle
    }

    private(set) var random: SplitMix64
    private var now = Duration.zero
    private var queue: [(at: Duration, order: Int, event: Event)] = []
    private var orders = 0
    private var settledAt = Duration.zero
    private var head = Offset.zero
    private var pods: [Pod] = []
    private var registry = ReplicaRegistry(epoch: Epoch(0xA), window: .seconds(60))
    private var confirmations = Confirmations(startedAt: .seconds(-10))
    private var waits: [Int: (offset: Offset, requirement: ConfirmationRequirement)] = [:]
    /// Who has ever applied how much: by incarnation.
    private var everApplied: [UInt64: Offset] = [:]
    private var owners: [UInt64: ReplicaID] = [:]

    /// What was found wrong, in words.
    private(set) var lies: [String] = []
    private(set) var confirmedCount = 0
    private(set) var refusedCount = 0
    private(set) var addedCount = 0

    init(seed: UInt64, podCount: Int) throws {
        random = SplitMix64(seed: seed)
        for number in 0..<podCount {
            guard let id = ReplicaID("pod-\(number)") else { continue }
            let incarnation = random.next()
            owners[incarnation] = id
            pods.append(Pod(id: id, incarnation: incarnation, reportsAt: .zero))
        }
    }

    mutating func run(writes: Int) {
        for index in pods.indices { report(index) }
        for number in 0..<writes { schedule(.write, in: .milliseconds(number * 5)) }
        for number in 0..<writes / 10 { schedule(.kill, in: .milliseconds(number * 37)) }
        for number in 0..<400 { schedule(.settle, in: .milliseconds(number * 50)) }
        while let next = takeNext() {
            now = next.at
            perform(next.event)
        }
    }

    // MARK: Time

    private mutating func schedule(_ event: Event, in delay: Duration) {
        orders += 1
        queue.append((now + delay, orders, event))
        var child = queue.count - 1
        while child > 0, isBefore(queue[child], queue[(child - 1) / 2]) {
            queue.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private func isBefore(
        _ left: (at: Duration, order: Int, event: Event), _ right: (at: Duration, order: Int, event: Event)
    ) -> Bool { (left.at, left.order) < (right.at, right.order) }

    private mutating func takeNext() -> (at: Duration, order: Int, event: Event)? {
        guard let first = queue.first, let last = queue.popLast() else { return nil }
        guard !queue.isEmpty else { return first }
        queue[0] = last
        var parent = 0
        while true {
            let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < queue.count }
            guard let least = children.min(by: { isBefore(queue[$0], queue[$1]) }),
                isBefore(queue[least], queue[parent])
            else { return first }
            queue.swapAt(least, parent)
            parent = least
        }
    }

    private mutating func delay() -> Duration {
        .microseconds(Int.random(in: 100...(random.oneIn(20) ? 400_000 : 5_000), using: &random))
    }

    // MARK: Events

    private mutating func perform(_ event: Event) {
        switch event {
        case .write: write()
        case .apply(let index, let offset, let incarnation):
            guard pods[index].isAlive, pods[index].incarnation == incarnation else { return }
            apply(index, offset)
        case .ask(let index, let offset): ask(index, offset)
        case .report(let report):
            _ = registry.take(report, head: head, at: now)
            // As in a turn of the loop, in which several come.
            if now - settledAt >= .milliseconds(1) { settle() }
        case .kill: killOrStart()
        case .settle: tick()
        }
    }

    private mutating func write() {
        head = head.next
        registry.becameDurable(through: head, at: now)
        for index in pods.indices {
            schedule(.apply(index, through: head, incarnation: pods[index].incarnation), in: delay())
        }
        let requirements: [ConfirmationRequirement] = [
            .replicas(1), .replicas(pods.count / 2), .replicas(pods.count), .majority, .all,
        ]
        let requirement = requirements[Int.random(in: 0..<requirements.count, using: &random)]
        let timeout = Duration.milliseconds(Int.random(in: 0...2000, using: &random))
        guard let number = confirmations.add(head, requirement, timeout: timeout, at: now) else { return }
        waits[number] = (head, requirement)
        addedCount += 1
        settle()
        askAll()
    }

    private mutating func askAll() {
        guard let offset = confirmations.asked else { return }
        for index in pods.indices where !random.oneIn(10) { schedule(.ask(index, offset), in: delay()) }
    }

    private mutating func ask(_ index: Int, _ offset: Offset) {
        guard pods[index].isAlive else { return }
        if pods[index].asks.ask(offset, applied: pods[index].applied) { report(index) }
    }

    private mutating func apply(_ index: Int, _ offset: Offset) {
        guard offset > pods[index].applied else { return }
        pods[index].applied = offset
        everApplied[pods[index].incarnation] = offset
        if pods[index].asks.applied(offset) { report(index) }
    }

    /// May be lost, and come twice.
    private mutating func report(_ index: Int) {
        pods[index].sequence += 1
        pods[index].reportsAt = now + ReplicaLimits.reportInterval
        let pod = pods[index]
        let report = ReplicaReport(
            replicaID: pod.id, incarnation: pod.incarnation, sequence: pod.sequence, epoch: registry.epoch,
            offset: pod.applied, digest: .zero, following: .redis, isReady: pod.isReady)
        if !random.oneIn(10) { schedule(.report(report), in: delay()) }
        if random.oneIn(20) { schedule(.report(report), in: delay()) }
    }

    private mutating func killOrStart() {
        let index = Int.random(in: 0..<pods.count, using: &random)
        guard !pods[index].isAlive else { return pods[index].isAlive = false }
        let incarnation = random.next()
        owners[incarnation] = pods[index].id
        pods[index] = Pod(id: pods[index].id, incarnation: incarnation, reportsAt: now)
        pods[index].isReady = random.oneIn(2)
        report(index)
        schedule(.apply(index, through: head, incarnation: incarnation), in: delay())
    }

    private mutating func tick() {
        _ = registry.age(at: now)
        for index in pods.indices where pods[index].isAlive && pods[index].reportsAt <= now { report(index) }
        settle()
        askAll()
    }

    // MARK: The truth

    private mutating func settle() {
        settledAt = now
        for outcome in confirmations.settle(registry, at: now) {
            guard let wait = waits.removeValue(forKey: outcome.number) else {
                lies.append("wait \(outcome.number) was answered twice")
                continue
            }
            check(outcome, wait.offset, wait.requirement)
        }
    }

    private mutating func check(
        _ outcome: Confirmations.Outcome, _ offset: Offset, _ requirement: ConfirmationRequirement
    ) {
        let (confirmedBy, of) = (outcome.confirmation.confirmedBy, outcome.confirmation.of)
        let really = Set(everApplied.filter { $0.value >= offset }.compactMap { owners[$0.key] }).count
        if confirmedBy > really {
            lies.append("\(confirmedBy) were said to have applied \(offset), which \(really) had")
        }
        if of > pods.count { lies.append("\(of) pods were counted, there are \(pods.count)") }
        guard outcome.isConfirmed else { return refusedCount += 1 }
        confirmedCount += 1
        switch requirement {
        case .durable: break
        case .replicas(let count) where really < count:
            lies.append("\(offset) was granted as confirmed by \(count), \(really) had it")
        case .majority where really * 2 <= of, .all where really < of || of == 0:
            lies.append("\(offset) was granted as confirmed by \(requirement), \(really) of \(of) had it")
        case .replicas, .majority, .all: break
        }
    }
}
