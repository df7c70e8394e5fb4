import EventLoop
import Glibc
import Operations

/// Many replicas in a few processes, `chatctl replicas` each.
@LoopActor
final class ReplicaProcesses {
    private var running: [ChildProcess] = []
    private var readyCount = 0
    private var failure: String?
    private var lastLine = ""
    private var waiting: CheckedContinuation<Void, Never>?

    /// So many at most: the replicas of a process share a thread.
    nonisolated static let processesMax = 4

    let processCount: Int

    /// Starts `count` replicas of `log`.
    init(
        _ count: Int, log: String, secret: String?, settings: [String: String], follow: String
    ) throws(ChatControl.Failure) {
        processCount = min(count, ReplicaProcesses.processesMax)
        var environment = ProcessEnvironment.variables().merging(settings, uniquingKeysWith: { $1 })
        environment["CLUSTER_SECRET"] = secret
        for number in 0..<processCount {
            let share = count / processCount + (number < count % processCount ? 1 : 0)
            try start(
                [
                    "replicas", "--count", String(share), "--log", log, "--follow", follow, "--prefix",
                    "replica-\(number + 1)",
                ], environment)
        }
    }

    private func start(
        _ arguments: [String], _ environment: [String: String]
    ) throws(ChatControl.Failure) {
        let executable = try ClusterPlan.sibling("chatctl")
        do throws(SocketError) {
            running.append(
                try ChildProcess(
                    executable, arguments: arguments, environment: environment,
                    onLine: { [unowned self] in heard($0) }, onEnd: { [unowned self] in ended($0) }))
        } catch {
            throw ChatControl.Failure("\(error)")
        }
    }

    /// Returns when all of them have caught up.
    func untilReady() async throws(ChatControl.Failure) {
        while readyCount < processCount, failure == nil { await withCheckedContinuation { waiting = $0 } }
        if let failure { throw ChatControl.Failure(failure) }
    }

    /// Returns when all of them have ended.
    func stop() async {
        for process in running { process.signal(SIGTERM) }
        while endedCount < processCount { await withCheckedContinuation { waiting = $0 } }
    }

    private var endedCount = 0

    private func heard(_ line: String) {
        lastLine = line
        guard line.hasPrefix("all "), line.hasSuffix(" are ready") else { return }
        readyCount += 1
        wake()
    }

    private func ended(_ end: ChildProcess.End) {
        endedCount += 1
        failure = failure ?? "chatctl replicas \(end): \(lastLine)"
        wake()
    }

    private func wake() {
        waiting?.resume()
        waiting = nil
    }
}
