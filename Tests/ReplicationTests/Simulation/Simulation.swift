import LogLine
import Replication
import TestSupport

/// A whole cluster in virtual time: one log, Redis, pods, writers, and what goes wrong. The same seed gives
/// the same run.
final class Simulation {
    let seed: UInt64
    /// Pods lose some of what they are told to apply: the checks must notice.
    let isSabotaged: Bool
    let time = VirtualTime()
    var random: SplitMix64
    private(set) var faults: FaultPlan
    /// Whether pods may apply what the log never wrote, until the log's word has reached them.
    let permitsForgedLines: Bool
    private(set) lazy var log = SimulatedLog(world: self)
    private(set) lazy var bus = SimulatedBus(world: self)
    private(set) lazy var writers = SimulatedWriters(world: self)
    private(set) var pods: [SimulatedPod] = []
    /// What was ever durable, by epoch.
    var truth: [Epoch: [UInt32]] = [:]
    /// What should not have happened.
    private(set) var violations: [String] = []

    static let faultyTime: Duration = .seconds(12)
    /// How long after the last fault everything must agree.
    static let settleTime: Duration = .seconds(20)
    /// How often a pod may ask its log, all in all: a gap is repaired after 20 ms, but nobody hammers.
    static let requestsPerSecondMax = 20

    init(seed: UInt64, isSabotaged: Bool = false) {
        self.seed = seed
        self.isSabotaged = isSabotaged
        random = SplitMix64(seed: seed)
        faults = FaultPlan(&random)
        permitsForgedLines = faults.disasters.contains(.forgedLines)
        pods = (0..<3).map { SimulatedPod($0, world: self) }
    }

    func run() {
        log.start()
        writers.start()
        for pod in pods { time.after(.milliseconds(random.below(2000))) { pod.start() } }
        planDisaster()
        time.run(until: Self.faultyTime)
        faults = .none
        writers.stop()
        time.run(until: Self.faultyTime + Self.settleTime) { self.hasSettled || !self.violations.isEmpty }
        check(hasSettled, "no agreement within \(Self.settleTime): \(describeState())")
        writers.checkAcknowledged()
        let requestsMax = Self.requestsPerSecondMax * Int(time.now.components.seconds)
        for pod in pods { check(pod.requests <= requestsMax, "pod \(pod.name) asked \(pod.requests) times") }
    }

    private var hasSettled: Bool {
        log.isUp && writers.isIdle && pods.allSatisfy(\.hasConverged)
    }

    func check(_ holds: Bool, _ violation: @autoclosure () -> String) {
        if !holds { violations.append("seed \(seed) at \(time.now): \(violation())") }
    }

    /// True `chance` times in 1,000.
    func chance(_ chance: Int) -> Bool { chance > 0 && random.below(1000) < chance }

    func networkDelay() -> Duration { .milliseconds(1 + random.below(4)) }

    var wallClock: Timestamp {
        Timestamp(
            milliseconds: sampleTime.milliseconds + time.now.components.seconds + Int64(random.below(3)))
    }

    func crc(of line: [UInt8]) -> UInt32? {
        do {
            return try line.dropLast().withUnsafeBytes { try Line.scan($0).crc }
        } catch {
            check(false, "the sequencer wrote no line: \(error)")
            return nil
        }
    }

    private func describeState() -> String {
        let states = pods.map {
            "pod \($0.name) \($0.follower.epoch?.description ?? "-"):\($0.follower.applied)"
                + " ready \($0.follower.isReady) source \($0.follower.source)"
        }
        return "log \(log.epoch):\(log.head) up \(log.isUp), \(states.joined(separator: ", "))"
    }
}

// MARK: - What goes wrong

extension Simulation {
    private func planDisaster() {
        time.after(.milliseconds(200 + random.below(1500))) { [self] in
            guard time.now < Self.faultyTime, !faults.disasters.isEmpty else { return }
            strike(random.element(faults.disasters))
            planDisaster()
        }
    }

    private func strike(_ disaster: FaultPlan.Disaster) {
        let duration = Duration.milliseconds(random.below(4000))
        switch disaster {
        case .podCrash: random.element(pods).crash(for: duration)
        case .logCrash: log.crash()
        case .busAway: bus.goAway(for: duration)
        case .logCutOffFromBus: bus.cutLogOff(for: duration)
        case .forgedHeartbeat: for _ in 0..<5 { bus.spread(.heartbeat(forgedIdentity())) }
        case .foreignLines: forge(epoch: Epoch(random.next()), at: log.head + random.below(5))
        case .forgedLines: forge(epoch: log.epoch, at: log.head + random.below(3))
        case .restore: if random.oneIn(3) { log.restore() }
        }
    }

    /// Another epoch, another digest, a head that is not, or an old word repeated.
    private func forgedIdentity() -> LogIdentity {
        let truth = log.identity
        switch random.below(4) {
        case 0: return LogIdentity(epoch: Epoch(random.next()), offset: truth.offset, digest: truth.digest)
        case 1: return LogIdentity(epoch: truth.epoch, offset: truth.offset, digest: Digest(random.next()))
        case 2:
            let offset = Offset(random.next() >> 11)
            return LogIdentity(epoch: truth.epoch, offset: offset, digest: truth.digest)
        default:
            let index = random.below(log.digests.count)
            return LogIdentity(
                epoch: truth.epoch, offset: Offset(UInt64(index)), digest: log.digests[index])
        }
    }

    private func forge(epoch: Epoch, at after: Offset) {
        let out = ByteBuffer()
        do {
            _ = Line.encode(try message("forged"), offset: after.next, time: sampleTime, into: out)
        } catch {
            check(false, "the sample draft is invalid: \(error)")
        }
        BusPayload.encode(out.takeSlice(), epoch: epoch, after: after) { payload in
            do {
                bus.spread(.lines(try BusPayload.decode(payload.pointer)))
            } catch {
                check(false, "the forgery is no payload: \(error)")
            }
        }
    }
}
