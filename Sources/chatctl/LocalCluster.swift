import EventLoop
import Glibc

/// The processes of a local cluster, from start to stop.
@LoopActor
final class LocalCluster {
    private let redis: ClusterMember?
    private let log: ClusterMember
    private let servers: [ClusterMember]
    /// Everything is ready for the first time.
    var onReady: (@LoopActor () -> Void)?
    private let announces: Bool
    private let substitutes: [String]
    private var startedTiers = 0
    private var isAnnounced = false
    private var isStopping = false
    private var continuation: CheckedContinuation<ChatControl.Failure?, Never>?
    private var failure: ChatControl.Failure?

    /// - Parameter announces: whether it says what is there when everything is ready.
    init(_ plan: ClusterPlan, announces: Bool = true) {
        self.announces = announces
        substitutes = plan.substitutes
        let all = [plan.redis, plan.log].compactMap { $0 } + plan.servers
        let width = all.map(\.name.count).max() ?? 0
        redis = plan.redis.map { ClusterMember($0, nameWidth: width, isQuiet: !announces) }
        log = ClusterMember(plan.log, nameWidth: width, isQuiet: !announces)
        servers = plan.servers.map { ClusterMember($0, nameWidth: width, isQuiet: !announces) }
    }

    private var members: [ClusterMember] { tiers.flatMap { $0 } }
    /// Each needs those before it. It would wait for them, and say so; a first start should be quiet.
    private var tiers: [[ClusterMember]] {
        [redis.map { [$0] } ?? [], [log], servers].filter { !$0.isEmpty }
    }

    /// Returns when everything has stopped.
    func run() async throws(ChatControl.Failure) {
        for member in members {
            member.onReady = { [unowned self, unowned member] in becameReady(member) }
            member.onEnd = { [unowned self, unowned member] in ended(member, $0) }
        }
        startNextTier()
        let failure = await withCheckedContinuation { continuation = $0 }
        if let failure { throw failure }
    }

    /// The first call stops in order (servers, log, Redis), the second at once.
    func stop() {
        guard !isStopping else {
            for member in members { member.stop(SIGKILL) }
            return
        }
        isStopping = true
        if announces { Terminal.say("stopping") }
        stopNext()
    }

    // MARK: Events

    private func becameReady(_ member: ClusterMember) {
        if isAnnounced {
            return Terminal.say("\(member.plan.name) is ready again: \(describe(member))")
        }
        guard !isStopping, tiers.prefix(startedTiers).joined().allSatisfy(\.isReady) else { return }
        guard startedTiers == tiers.count else { return startNextTier() }
        isAnnounced = true
        if announces { announce() }
        onReady?()
    }

    private func startNextTier() {
        startedTiers += 1
        for member in tiers[startedTiers - 1] { member.start() }
    }

    private func ended(_ member: ClusterMember, _ end: ChildProcess.End) {
        if isStopping { return stopNext() }
        guard let reason = hopelessness(of: member, end) else { return }
        failure = ChatControl.Failure(reason)
        stop()
    }

    /// Why it does not help to start it again; nil when it may.
    private func hopelessness(of member: ClusterMember, _ end: ChildProcess.End) -> String? {
        switch end {
        case .exited(ServiceProcess.ExitCode.badSettings.rawValue):
            return "\(member.plan.name) refuses its settings"
        case .exited(ServiceProcess.ExitCode.failed.rawValue) where startedTiers < tiers.count:
            return "\(member.plan.name) cannot start"
        case .exited, .signalled: return nil
        }
    }

    /// Those that write end before what they write to.
    private func stopNext() {
        for group in [servers, [log], [redis].compactMap { $0 }] {
            for member in group { member.stop() }
            if group.contains(where: \.isRunning) { return }
        }
        continuation?.resume(returning: failure)
        continuation = nil
    }

    // MARK: Words

    private func describe(_ member: ClusterMember) -> String {
        "\(member.plan.url)  (process \(member.id.map(String.init) ?? "-"))"
    }

    private func announce() {
        Terminal.say("")
        Terminal.say("Everything is ready:")
        for member in [log] + servers {
            let name = member.plan.name
            Terminal.say("  \(name)\(String(repeating: " ", count: 18 - name.count))\(describe(member))")
        }
        if let redis { Terminal.say("  redis             redis-cli -p \(redis.plan.port)") }
        for sentence in substitutes { Terminal.say("  (\(sentence))") }
        Terminal.say("\n\(redis == nil ? "Four" : "Five") commands to try in another terminal:")
        for command in commands { Terminal.say("  \(command)") }
        Terminal.say("\nCtrl-C stops everything; the messages stay.\n")
    }

    private var commands: [String] {
        let first = servers[0]
        let last = servers[servers.count - 1]
        let id = first.id.map(String.init) ?? "PROCESS"
        var commands = [
            "curl \(first.plan.url)/messages", "curl \(log.plan.url)/messages/default-channel",
            "curl -d '{\"message_text\":\"Hello over HTTP!\"}' \(last.plan.url)/messages/default-channel",
            "kill \(id); sleep 2; curl \(first.plan.url)/messages",
        ]
        if let redis {
            commands.insert(
                "redis-cli -p \(redis.plan.port) PUBLISH default-channel \"Hello everyone!\"", at: 0)
        }
        return commands
    }
}
