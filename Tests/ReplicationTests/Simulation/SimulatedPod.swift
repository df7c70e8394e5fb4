import LogLine
import Replication
import TestSupport

/// A pod of a simulation: the real follower in a shell that does what it is told, and notes what was applied.
final class SimulatedPod {
    let name: Int
    private let world: Simulation
    private(set) var follower: Follower
    /// Counts lives: what belongs to an earlier one never happens.
    private(set) var life = 0
    var isSubscribed = false
    private(set) var isUp = true
    private(set) var discards = 0
    private(set) var requests = 0
    private var overflowsBefore = 0
    private(set) var sources: Set<FollowerSource> = []
    /// The crcs of what was applied, by offset.
    private var crcs: [UInt32] = []
    private var startPosition: Position
    private var limits = FollowerLimits()
    private var tickAt: Duration?

    init(_ name: Int, world: Simulation) {
        self.name = name
        self.world = world
        follower = Follower(hasBus: true, jitterSeed: 0)
        limits.reorderBatchesMax = world.random.element([3, 16_384])
        startPosition = Position(epoch: world.log.epoch, offset: world.log.head)
    }

    var overflows: Int { overflowsBefore + follower.counters.reorderOverflows }

    func start() {
        isUp = true
        follower = Follower(limits: limits, hasBus: true, jitterSeed: world.random.next())
        crcs = []
        startPosition = Position(epoch: world.log.epoch, offset: world.log.head)
        handle(.start)
    }

    func crash(for duration: Duration) {
        guard isUp else { return }
        life += 1
        isUp = false
        overflowsBefore += follower.counters.reorderOverflows
        isSubscribed = false
        tickAt = nil
        let life = life
        world.time.after(duration) { [self] in
            if life == self.life { start() }
        }
    }

    func handle(_ event: FollowerEvent) {
        guard isUp else { return }
        for action in follower.handle(event, at: world.time.now) { perform(action) }
        planTick()
    }

    /// Lines that the log brought.
    func take(_ first: Offset, _ crcs: ArraySlice<UInt32>, from number: Int) {
        var offset = first
        for crc in crcs {
            switch follower.take(offset, crc: crc, from: number) {
            case .apply: apply(offset, crc)
            case .skip: break
            case .refuse: return handle(.streamEnded(number, .broken))
            }
            offset = offset.next
        }
        handle(.streamProgress(number))
    }

    private func perform(_ action: FollowerAction) {
        switch action {
        case .subscribe: world.bus.connect(self)
        case .open(let request):
            requests += 1
            SimulatedStream(request, pod: self, world: world).open()
        case .close: break  // What still comes of the request has to be ignored by the follower.
        case .apply(let batch, let from):
            if world.isSabotaged, world.random.oneIn(50) { return }
            for line in batch.lines[from...] { apply(line.scan.offset, line.scan.crc) }
        case .discard:
            crcs = []
            discards += 1
            startPosition = Position(epoch: world.log.epoch, offset: .zero)
        case .becomeReady: checkReady()
        case .useSource(let source): sources.insert(source)
        }
    }

    private func apply(_ offset: Offset, _ crc: UInt32) {
        world.check(
            offset == Offset(UInt64(crcs.count + 1)),
            "pod \(name) applied \(offset) after \(crcs.count) lines")
        crcs.append(crc)
        guard !world.permitsForgedLines, let epoch = follower.epoch else { return }
        let truth = world.truth[epoch] ?? []
        world.check(
            crcs.count <= truth.count && truth[crcs.count - 1] == crc,
            "pod \(name) applied at \(offset) what was never durable there in epoch \(epoch)")
    }

    private func checkReady() {
        guard follower.epoch == startPosition.epoch else { return }
        world.check(
            follower.applied >= startPosition.offset,
            "pod \(name) is ready at \(follower.applied), not yet at its start's \(startPosition.offset)"
        )
    }

    private func planTick() {
        guard let deadline = follower.nextDeadline(after: world.time.now) else { return }
        if let tickAt, tickAt <= deadline { return }
        tickAt = deadline
        let life = life
        world.time.at(deadline) { [self] in
            guard life == self.life, tickAt == deadline else { return }
            tickAt = nil
            handle(.tick)
        }
    }

    /// Whether it is where its log is; `crcs` is what a view would be built from.
    var hasConverged: Bool {
        isUp && follower.isReady && follower.epoch == world.log.epoch && follower.applied == world.log.head
            && follower.digest == world.log.identity.digest && crcs == world.log.crcs
    }
}
