import EventLoop
import Glibc
import Operations

/// What an experiment measures: a cluster of its own, in a temporary folder and on free ports, which is gone
/// at the end, also on Ctrl-C; or one that is there already.
@LoopActor
struct ExperimentCluster {
    let log: Endpoint
    let servers: [Endpoint]
    /// The cluster's.
    let secret: String?

    /// Runs `body` with a cluster of its own.
    static func withOwn(
        _ wish: ClusterPlan.Wish,
        _ body: @LoopActor (ExperimentCluster) async throws(ChatControl.Failure) -> Void
    ) async throws(ChatControl.Failure) {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var wish = wish
        wish.directory = folder.path
        let plan = try ClusterPlan(wish)
        let running = RunningCluster(LocalCluster(plan, announces: false), folder)
        defer { withExtendedLifetime(running) {} }
        try await running.start()
        let secret = plan.log.environment["CLUSTER_SECRET"]
        let cluster = ExperimentCluster(
            log: try Endpoint(plan.log.url, secret: secret),
            servers: try plan.servers.map { (server) throws(ChatControl.Failure) in
                try Endpoint(server.url, secret: secret)
            }, secret: secret)
        var failure: ChatControl.Failure?
        do throws(ChatControl.Failure) { try await body(cluster) } catch { failure = error }
        await running.stop()
        if let failure { throw failure }
    }
}

/// A local cluster from its first readiness to its end.
@LoopActor
private final class RunningCluster {
    private let cluster: LocalCluster
    private let folder: TemporaryFolder
    private var signals = [LoopSignal]()
    private var isReady = false
    private var isStopping = false
    private var end: Result<Void, ChatControl.Failure>?
    /// Who waits for a change: the beginning, and the end that an interruption makes.
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ cluster: LocalCluster, _ folder: TemporaryFolder) {
        self.cluster = cluster
        self.folder = folder
        signals = [SIGINT, SIGTERM, SIGHUP].map { LoopSignal($0) { [unowned self] in interrupted() } }
    }

    /// Returns when everything is ready.
    func start() async throws(ChatControl.Failure) {
        cluster.onReady = { [unowned self] in
            isReady = true
            wake()
        }
        EventLoop.shared.task { [self] in
            do throws(ChatControl.Failure) {
                try await cluster.run()
                end = .success(())
            } catch {
                end = .failure(error)
            }
            wake()
        }
        while !isReady, end == nil { await withCheckedContinuation { waiting.append($0) } }
        if let end { try end.get() }
        if isStopping { throw ChatControl.Failure("interrupted") }
    }

    func stop() async {
        isStopping = true
        cluster.stop()
        await untilEnded()
    }

    private func untilEnded() async {
        while end == nil { await withCheckedContinuation { waiting.append($0) } }
    }

    /// The measurement is given up: its processes are killed, because nothing of what they have is wanted and
    /// one of them may stand still; what they kept goes.
    private func interrupted() {
        guard !isStopping else { return cluster.stop() }
        isStopping = true
        EventLoop.shared.task { [self] in
            cluster.stop()
            // The second time it does not wait for anybody.
            cluster.stop()
            await untilEnded()
            folder.remove()
            ServiceProcess.exit(.failed, saying: "chatctl bench: interrupted\n")
        }
    }

    private func wake() {
        let all = waiting
        waiting = []
        for one in all { one.resume() }
    }
}
