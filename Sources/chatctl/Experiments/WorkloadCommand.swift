import ClusterTools
import EventLoop
import Glibc
import LogLine
import Operations
import Web

/// `workload random-walk`: numbers that wander, written as keys' values, for looking at what the cluster does
/// with a steady stream of writes.
enum WorkloadCommand {
    private static let keysMax = 10_000

    static let randomWalk = ChatControl.Command(
        name: "workload random-walk", usage: "workload random-walk [--interval 10ms] [--keys K]",
        summary: "Writes a random walk as keys' values, one write each interval, until Ctrl-C.",
        options: [
            Endpoint.urlOption, Endpoint.secretOption,
            Arguments.Option(
                name: "interval", value: "TIME", summary: "Between two writes; default 10ms."),
            Arguments.Option(
                name: "keys", value: "K",
                summary: "How many walk, by turns: random-walk-1 to random-walk-K; default 1."),
            Arguments.Option(name: "duration", value: "TIME", summary: "How long; default for ever."),
            Arguments.Option(name: "seed", value: "N", summary: "Makes the same walk again."),
        ]
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require()
        let seed = Int(LoopClock.wallMilliseconds)
        let workload = RandomWalkWorkload(
            try Endpoint(arguments),
            interval: try arguments.duration(
                "interval", in: .milliseconds(1)...(.seconds(3600)), default: .milliseconds(10)),
            duration: try arguments.duration(
                "duration", in: .zero...(.seconds(86_400 * 365)), default: .zero),
            walk: RandomWalk(
                count: try arguments.integer("keys", in: 1...keysMax, default: 1),
                seed: UInt64(try arguments.integer("seed", in: 0...Int.max, default: seed))),
            keys: try arguments.integer("keys", in: 1...keysMax, default: 1))
        let signals = [SIGINT, SIGTERM].map { LoopSignal($0) { workload.interrupt() } }
        defer { withExtendedLifetime(signals) {} }
        try await workload.run()
    }
}

/// Writes at its times whatever becomes of the writes before; what the server does not keep up with is left
/// out and counted.
@LoopActor
private final class RandomWalkWorkload {
    private let endpoint: Endpoint
    private let interval: Duration
    /// Zero: for ever.
    private let duration: Duration
    private let keys: Int
    private var walk: RandomWalk
    private let start = LoopClock.monotonic
    private var timer: LoopTimer?
    private var reportTimer: LoopTimer?
    private var continuation: CheckedContinuation<Void, Never>?

    private var steps = 0
    private var underWay = 0
    private var written = 0
    private var failed = 0
    private var leftOut = 0
    private var lastFailure = ""
    /// In milliseconds, since the last report.
    private var latencies: [Double] = []
    private var isOver = false
    private var graceTimer: LoopTimer?

    /// Writes without an answer.
    private static let underWayMax = 64
    /// After an interruption they have so long to be answered.
    private static let interruptionGrace = Duration.milliseconds(500)
    private static let reportInterval = Duration.seconds(1)

    init(_ endpoint: Endpoint, interval: Duration, duration: Duration, walk: RandomWalk, keys: Int) {
        self.endpoint = endpoint
        self.interval = interval
        self.duration = duration
        self.walk = walk
        self.keys = keys
    }

    func run() async throws(ChatControl.Failure) {
        timer = LoopTimer { [unowned self] in tick() }
        reportTimer = LoopTimer(every: RandomWalkWorkload.reportInterval) { [unowned self] in report() }
        tick()
        if !isOver || underWay > 0 { await withCheckedContinuation { continuation = $0 } }
        report()
        let failures = failed == 0 ? "" : ", \(failed) failed (\(lastFailure))"
        let open = underWay == 0 ? "" : ", \(underWay) without an answer yet"
        let total = "\(written) written\(failures)\(open), \(leftOut) left out"
        guard written > 0 else { throw ChatControl.Failure(total) }
        Terminal.say(total)
    }

    /// What is under way is waited for a moment; the second time not at all.
    func interrupt() {
        guard graceTimer == nil else { return end() }
        graceTimer = LoopTimer { [unowned self] in end() }
        graceTimer?.schedule(after: RandomWalkWorkload.interruptionGrace)
        stop()
    }

    /// What is under way is still waited for.
    private func stop() {
        isOver = true
        timer = nil
        reportTimer = nil
        endIfDone()
    }

    private func end() {
        continuation?.resume()
        continuation = nil
    }

    private func tick() {
        let elapsed = LoopClock.monotonic - start
        guard duration == .zero || elapsed < duration else { return stop() }
        while interval * steps <= elapsed { step() }
        timer?.schedule(after: interval * steps - elapsed)
    }

    private func step() {
        let key = steps % keys
        steps += 1
        let value = FixedPoint.short(walk.step(key), digits: 3)
        guard underWay < RandomWalkWorkload.underWayMax else {
            leftOut += 1
            return
        }
        underWay += 1
        let request = ClientRequest(
            .put, "/kv/random-walk-\(key + 1)", body: ByteSlice(Array(value.utf8)))
        EventLoop.shared.task { await self.write(request) }
    }

    private func write(_ request: ClientRequest) async {
        let sent = LoopClock.monotonic
        do throws(ChatControl.Failure) {
            _ = try await endpoint.answer(request)
            written += 1
            latencies.append((LoopClock.monotonic - sent) / .milliseconds(1))
        } catch {
            failed += 1
            lastFailure = error.message
        }
        underWay -= 1
        endIfDone()
    }

    private func endIfDone() {
        guard isOver, underWay == 0 else { return }
        end()
    }

    private func report() {
        guard !latencies.isEmpty || failed > 0 || underWay > 0 else { return }
        let summary = SampleSummary(latencies)
        let mean = FixedPoint.text(summary.mean, digits: 2)
        let p99 = FixedPoint.text(summary.p99, digits: 2)
        let times = latencies.isEmpty ? "nothing was answered" : "mean \(mean) ms, p99 \(p99) ms"
        latencies = []
        let seconds = (LoopClock.monotonic - start).components.seconds
        Terminal.say(
            "\(seconds) s: \(written) written, \(failed) failed, \(leftOut) left out; \(times)")
    }
}
