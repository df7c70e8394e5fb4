import EventLoop
import Glibc
import LogLine
import Operations
import Replication
import Web

/// One supervised process: started, watched until it is ready, started again when it ends by itself.
@LoopActor
final class ClusterMember {
    let plan: ClusterPlan.Process
    private(set) var isReady = false
    /// Nil while it does not run.
    var id: pid_t? { process?.id }
    var isRunning: Bool { process != nil }
    var onReady: (@LoopActor () -> Void)?
    var onEnd: (@LoopActor (ChildProcess.End) -> Void)?

    private let prefix: String
    private let isQuiet: Bool
    private var process: ChildProcess?
    private var startedAt = Duration.zero
    private var isStopping = false
    private var timer: LoopTimer?
    private var backoff = Backoff(
        delayMin: .milliseconds(200), delayMax: .seconds(5), seed: UInt64.random(in: 0...UInt64.max))

    private static let probeInterval = Duration.milliseconds(50)
    /// What has run so long did not fail at its start.
    private static let settledAge = Duration.seconds(10)

    /// - Parameters:
    ///   - nameWidth: of the longest name, so that the lines stand below each other.
    ///   - isQuiet: shows nothing but errors of what the process says.
    init(_ plan: ClusterPlan.Process, nameWidth: Int, isQuiet: Bool) {
        self.plan = plan
        self.isQuiet = isQuiet
        let padding = String(repeating: " ", count: nameWidth - plan.name.count)
        prefix = "\(plan.name)\(padding) | "
    }

    func start() {
        isReady = false
        startedAt = LoopClock.monotonic
        do throws(SocketError) {
            process = try ChildProcess(
                plan.executable, arguments: plan.arguments, environment: plan.environment,
                onLine: { [prefix, isQuiet] line in
                    guard !isQuiet || line.contains(" error ") else { return }
                    Terminal.say(prefix + Terminal.printable(line))
                },
                onEnd: { [weak self] in self?.ended($0) })
        } catch {
            Terminal.say("\(prefix)\(error)")
            return startLater()
        }
        probe()
    }

    /// SIGTERM, or SIGKILL when it must end now. It is not started again.
    func stop(_ number: Int32 = SIGTERM) {
        isStopping = true
        timer = nil
        process?.signal(number)
    }

    private func ended(_ end: ChildProcess.End) {
        process = nil
        isReady = false
        timer = nil
        if !isStopping { Terminal.say("\(prefix)\(end)") }
        onEnd?(end)
        startLater()
    }

    private func startLater() {
        guard !isStopping else { return }
        Terminal.say("\(prefix)starting it again")
        if LoopClock.monotonic - startedAt > ClusterMember.settledAge { backoff.succeed() }
        timer = LoopTimer { [unowned self] in start() }
        timer?.schedule(after: backoff.fail())
    }

    // MARK: Readiness

    private func probe() {
        timer = LoopTimer { [unowned self] in
            EventLoop.shared.task { await self.probeOnce() }
        }
        timer?.schedule(after: ClusterMember.probeInterval)
    }

    private func probeOnce() async {
        guard let process, await answers(), self.process === process else {
            if self.process != nil, !isStopping { probe() }
            return
        }
        isReady = true
        onReady?()
    }

    private func answers() async -> Bool {
        switch plan.sign {
        case .accepts: return await accepts()
        case .ready: return await saysReady()
        case .readyWithRedis:
            guard await saysReady() else { return false }
            return await state()?.redis == "connected"
        }
    }

    // What cannot be asked is not ready yet, whatever the reason.
    private func answer(to path: String) async -> (head: ResponseHead, body: ByteSlice)? {
        let client = HTTPClient(Origin(host: "127.0.0.1", port: plan.port))
        return try? await client.response(
            to: ClientRequest(.get, path, fields: [("connection", "close")]))
    }

    private func saysReady() async -> Bool { await answer(to: "/readyz")?.head.status == 200 }

    private func state() async -> ServiceState? {
        // Nor is what says something else than expected.
        await answer(to: "/state").flatMap { try? ServiceState($0.body.pointer) }
    }

    private func accepts() async -> Bool {
        await withCheckedContinuation { continuation in
            var connector: Connector?
            connector = Connector(host: "127.0.0.1", port: plan.port, timeout: .seconds(1)) { result in
                withExtendedLifetime(connector) {}
                connector = nil
                guard case .success(let connection) = result else {
                    return continuation.resume(returning: false)
                }
                connection.close()
                continuation.resume(returning: true)
            }
        }
    }
}
