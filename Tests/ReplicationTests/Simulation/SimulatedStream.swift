import LogLine
import Replication
import TestSupport

/// One request of a pod to the log and its answer, over a connection that keeps the order but may break or
/// stall.
final class SimulatedStream {
    private enum Item {
        case started(Epoch, head: Offset)
        case lines(first: Offset, crcs: ArraySlice<UInt32>)
        case heartbeat(LogIdentity)
        case end(StreamEnd)
    }

    private static let chunkLines = 40

    let request: LogRequest
    private let world: Simulation
    private let pod: SimulatedPod
    /// Of the pod when it asked.
    private let life: Int
    private weak var log: SimulatedLog?
    private var sent: Offset
    private var limit: Offset?
    private var isOver = false
    private var isStalled = false
    private var deliveredAt: Duration = .zero

    init(_ request: LogRequest, pod: SimulatedPod, world: Simulation) {
        self.request = request
        self.pod = pod
        self.world = world
        life = pod.life
        sent = request.after
    }

    /// Sends the request on its way.
    func open() {
        world.time.after(world.networkDelay()) { [self] in world.log.serve(self) }
    }

    func begin(log: SimulatedLog) {
        self.log = log
        if request.mode == .range { limit = log.head }
        deliver(.started(log.epoch, head: log.head))
    }

    /// Sends what the log has and this stream has not.
    func pump() {
        guard let log, !isOver else { return }
        let end = min(limit ?? log.head, log.head)
        while sent < end {
            if world.chance(world.faults.streamBreak) { return interrupt() }
            if world.chance(world.faults.streamStall) { isStalled = true }
            let next = min(end, sent + Self.chunkLines)
            deliver(.lines(first: sent.next, crcs: log.crcs[Int(sent.value)..<Int(next.value)]))
            sent = next
        }
        if limit != nil { finish(.complete) }
    }

    func heartbeat(_ identity: LogIdentity) {
        if !isOver { deliver(.heartbeat(identity)) }
    }

    /// The connection breaks; once in a while nobody notices.
    func interrupt() {
        if world.random.oneIn(5) { isStalled = true }
        finish(.broken)
    }

    /// Answers without lines.
    func end(_ end: StreamEnd) { finish(end) }

    private func finish(_ end: StreamEnd) {
        guard !isOver else { return }
        log?.leave(self)
        deliver(.end(end))
        isOver = true
    }

    private func deliver(_ item: Item) {
        guard !isOver, !isStalled else { return }
        deliveredAt = max(deliveredAt, world.time.now + world.networkDelay())
        world.time.at(deliveredAt) { [self] in
            guard pod.life == life else { return }
            arrive(item)
        }
    }

    private func arrive(_ item: Item) {
        switch item {
        case .started(let epoch, let head):
            pod.handle(.streamStarted(request.number, epoch: epoch, head: head))
        case .lines(let first, let crcs): pod.take(first, crcs, from: request.number)
        case .heartbeat(let identity): pod.handle(.streamHeartbeat(request.number, identity))
        case .end(let end): pod.handle(.streamEnded(request.number, end))
        }
    }
}
