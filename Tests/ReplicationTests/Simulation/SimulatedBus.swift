import LogLine
import Replication
import TestSupport

/// Redis in a simulation: at most once, usually in order, sometimes away, and open to forgers.
final class SimulatedBus {
    enum Message {
        case lines(LineBatch)
        case heartbeat(LogIdentity)
    }

    private let world: Simulation
    private let seal: BusSeal?
    private var isUp = true
    /// Whether the log can reach Redis.
    private var isLogConnected = true

    init(world: Simulation) {
        self.world = world
        seal = world.random.oneIn(4) ? makeSeal(1) : nil
    }

    // MARK: From the log

    func publishLines(_ lines: ArraySlice<StoredLine>, after: Offset, epoch: Epoch) {
        let bytes = ByteSlice(lines.flatMap(\.bytes))
        BusPayload.encode(bytes, epoch: epoch, after: after, seal: seal) { payload in
            do {
                publish(.lines(try BusPayload.decode(payload.pointer, seal: seal)))
            } catch {
                world.check(false, "our own payload was refused: \(error)")
            }
        }
    }

    func publish(_ message: Message) {
        if isLogConnected { spread(message) }
    }

    /// From anybody who can reach Redis.
    func spread(_ message: Message) {
        guard isUp else { return }
        for pod in world.pods where pod.isSubscribed {
            if world.chance(world.faults.busDrop) { continue }
            let copies = world.chance(world.faults.busDuplicate) ? 2 : 1
            for _ in 0..<copies { send(message, to: pod) }
        }
    }

    private func send(_ message: Message, to pod: SimulatedPod) {
        let life = pod.life
        let isLate = world.chance(world.faults.busDelay)
        let due = world.time.now + .milliseconds(isLate ? world.random.below(200) : 1)
        world.time.at(due) {
            guard pod.life == life, pod.isSubscribed else { return }
            switch message {
            case .lines(let batch): pod.handle(.busLines(batch))
            case .heartbeat(let identity): pod.handle(.busHeartbeat(identity))
            }
        }
    }

    // MARK: Connections

    /// A pod's connection: tries until Redis is there.
    func connect(_ pod: SimulatedPod) {
        let life = pod.life
        world.time.after(.milliseconds(5 + world.random.below(100))) { [self] in
            guard pod.life == life else { return }
            guard isUp else {
                pod.handle(.busLost)
                return world.time.after(.milliseconds(300)) { [self] in
                    if pod.life == life { connect(pod) }
                }
            }
            pod.isSubscribed = true
            pod.handle(.busSubscribed)
        }
    }

    func goAway(for duration: Duration) {
        guard isUp else { return }
        isUp = false
        for pod in world.pods where pod.isSubscribed {
            pod.isSubscribed = false
            pod.handle(.busLost)
            connect(pod)
        }
        world.time.after(duration) { [self] in isUp = true }
    }

    func cutLogOff(for duration: Duration) {
        guard isLogConnected else { return }
        isLogConnected = false
        world.time.after(duration) { [self] in isLogConnected = true }
    }
}
