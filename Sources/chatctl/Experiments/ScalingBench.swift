import ClusterTools
import EventLoop
import LogLine
import Web

/// How far replicas are behind, and what they cost the log, while lines are written at a steady rate.
@LoopActor
struct ScalingBench {
    struct Settings {
        var counts = [1, 3, 10, 30, 100, 300]
        /// As FOLLOW has them.
        var modes = ["tail", "tree"]
        var fanout = 8
        /// Lines a second.
        var rate = 100
        var duration = Duration.seconds(10)
    }

    let settings: Settings

    /// How often the log is asked what it knows of its replicas.
    private static let sampleInterval = Duration.milliseconds(250)
    private static let settleTimeout = Duration.seconds(120)
    /// What the log does without writes is measured for so long.
    private static let idleDuration = Duration.seconds(3)

    /// Replicas whose live tails are watched, spread over all of them.
    private static let watchedMax = 12

    static let columns = [
        "mode", "replicas", "processes", "tiers", "messages", "watched", "lag_mean_ms", "lag_deviation_ms",
        "lag_p50_ms", "lag_p99_ms", "lag_max_ms", "reported_lag_mean_entries", "visible_p50_ms",
        "visible_p99_ms", "log_cpu_us_per_message", "log_cpu_idle_percent",
    ]

    func run() async throws(ChatControl.Failure) -> ResultTable {
        var table = ResultTable(columns: ScalingBench.columns)
        for mode in settings.modes {
            for count in settings.counts {
                let row = try await measure(mode, count)
                table.add(row)
                Terminal.say(zip(table.columns, row).map { "\($0)=\($1.text)" }.joined(separator: " "))
            }
        }
        return table
    }

    private func measure(_ mode: String, _ count: Int) async throws(ChatControl.Failure) -> [ResultTable.Cell]
    {
        var wish = ClusterPlan.Wish.forExperiment
        wish.servers = 0
        wish.hasRedis = false
        wish.logSettings["FANOUT"] = String(settings.fanout)
        var row: [ResultTable.Cell] = []
        try await ExperimentCluster.withOwn(wish) { (cluster) throws(ChatControl.Failure) in
            let replicas = try ReplicaProcesses(
                count, log: cluster.log.url.description, secret: cluster.secret,
                settings: ["LOG_LEVEL": "warning"], follow: mode)
            try await replicas.untilReady()
            try await settle(cluster.log, count)
            let measured = try await observe(cluster)
            row =
                [.text(mode), .integer(count), .integer(replicas.processCount)] + self.row(measured)
            await replicas.stop()
        }
        return row
    }

    /// Until the log knows of all replicas, and all of them have caught up.
    private func settle(_ log: Endpoint, _ count: Int) async throws(ChatControl.Failure) {
        let deadline = LoopClock.monotonic + ScalingBench.settleTimeout
        while true {
            let ready = try await ReplicasState.read(log).replicas.filter { $0.state == "ready" }.count
            guard ready < count else { return }
            guard LoopClock.monotonic < deadline else {
                throw ChatControl.Failure("\(ready) of \(count) replicas were ready in time")
            }
            await Pause.sleep(ScalingBench.sampleInterval)
        }
    }

    // MARK: Measuring

    private struct Measured {
        /// How much later than the log itself a replica had a line, in milliseconds.
        var lags: [Double] = []
        var watched = 0
        var states: [ReplicasState] = []
        var messages = 0
        var idleCores = 0.0
        var cpuSeconds = 0.0
        var seconds = 0.0
    }

    private func observe(_ cluster: ExperimentCluster) async throws(ChatControl.Failure) -> Measured {
        let log = cluster.log
        var measured = Measured()
        let idleStart = LoopClock.monotonic
        let idle = try await cpuSeconds(log)
        await Pause.sleep(ScalingBench.idleDuration)
        let before = try await cpuSeconds(log)
        measured.idleCores = (before - idle) / ((LoopClock.monotonic - idleStart) / .seconds(1))
        let (reference, watches) = try await watch(cluster)
        let writer = SteadyWriter(log, rate: settings.rate)
        let start = LoopClock.monotonic
        writer.start()
        while LoopClock.monotonic - start < settings.duration {
            await Pause.sleep(ScalingBench.sampleInterval)
            measured.states.append(try await ReplicasState.read(log))
        }
        measured.messages = try await writer.stop()
        measured.seconds = (LoopClock.monotonic - start) / .seconds(1)
        measured.cpuSeconds = try await cpuSeconds(log) - before
        await Pause.sleep(ScalingBench.sampleInterval)
        measured.watched = watches.count
        measured.lags = watches.flatMap { $0.delays(behind: reference) }
        for watch in watches + [reference] { watch.stop() }
        return measured
    }

    /// The live tails of the log and of some replicas, from now on.
    private func watch(
        _ cluster: ExperimentCluster
    ) async throws(ChatControl.Failure) -> (log: TailWatch, replicas: [TailWatch]) {
        let head = try await ServiceState.read(cluster.log).offset
        let addresses = try await ReplicasState.read(cluster.log).replicas.map(\.address).filter {
            !$0.isEmpty
        }
        let count = min(addresses.count, ScalingBench.watchedMax)
        let watches = try (0..<count).map { (index) throws(ChatControl.Failure) in
            let address = addresses[index * addresses.count / count]
            return TailWatch(try Endpoint(address, secret: cluster.secret), after: head)
        }
        return (TailWatch(cluster.log, after: head), watches)
    }

    private func row(_ measured: Measured) -> [ResultTable.Cell] {
        let replicas = measured.states.flatMap(\.replicas)
        let entries = SampleSummary(replicas.map { Double($0.lag) })
        let lags = SampleSummary(measured.lags)
        let visible = measured.states.last?.visible
        let cpu = measured.cpuSeconds - measured.idleCores * measured.seconds
        return [
            .integer(replicas.map(\.tier).max() ?? 0), .integer(measured.messages),
            .integer(measured.watched), .number(lags.mean, digits: 3), .number(lags.deviation, digits: 3),
            .number(lags.p50, digits: 3), .number(lags.p99, digits: 3), .number(lags.max, digits: 3),
            .number(entries.mean, digits: 3),
            visible.map { .number($0.p50, digits: 3) } ?? .missing,
            visible.map { .number($0.p99, digits: 3) } ?? .missing,
            .number(max(cpu, 0) / Double(max(measured.messages, 1)) * 1e6, digits: 1),
            .number(measured.idleCores * 100, digits: 2),
        ]
    }

    /// What the log's process has used since its start.
    private func cpuSeconds(_ log: Endpoint) async throws(ChatControl.Failure) -> Double {
        let name = "process_cpu_seconds_total "
        let body = try await log.answer(ClientRequest(.get, "/metrics"))
        let line = body.text.split(separator: "\n").first { $0.hasPrefix(name) }
        guard let value = line.flatMap({ Double($0.dropFirst(name.count)) }) else {
            throw ChatControl.Failure("\(log.url)/metrics does not tell the CPU time")
        }
        return value
    }
}

/// Messages at a steady rate, each as its time comes, whatever becomes of those before it.
@LoopActor
private final class SteadyWriter {
    private let log: Endpoint
    private let interval: Duration
    private var timer: LoopTimer?
    private var startedAt = Duration.zero
    private var sent = 0
    private var answered = 0
    private var failure: ChatControl.Failure?

    init(_ log: Endpoint, rate: Int) {
        self.log = log
        interval = .seconds(1) / rate
    }

    func start() {
        startedAt = LoopClock.monotonic
        timer = LoopTimer { [unowned self] in tick() }
        tick()
    }

    /// Returns how many were written, when all are.
    func stop() async throws(ChatControl.Failure) -> Int {
        timer = nil
        while answered < sent { await Pause.sleep(.milliseconds(10)) }
        if let failure { throw failure }
        return answered
    }

    private func tick() {
        let elapsed = LoopClock.monotonic - startedAt
        while interval * sent <= elapsed {
            sent += 1
            let text = "{\"message_text\":\"message \(sent) of a steady stream\",\"author\":\"chatctl\"}"
            EventLoop.shared.task { await self.write(text) }
        }
        timer?.schedule(after: interval * sent - elapsed)
    }

    private func write(_ text: String) async {
        do throws(ChatControl.Failure) {
            let body = ByteSlice(Array(text.utf8))
            _ = try await log.answer(ClientRequest(.post, "/messages/bench", body: body))
        } catch {
            failure = error
        }
        answered += 1
    }
}
