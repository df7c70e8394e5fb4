import EventLoop
import Glibc

/// The processes of a local cluster, from start to stop.
@LoopActor
final class LocalCluster {
    private let redis: ClusterMember?
    private let log: ClusterMember
    private let servers: [ClusterMember]
    private var hasStartedServers = false
    private var isAnnounced = false
    private var isStopping = false
    private var continuation: CheckedContinuation<ChatControl.Failure?, Never>?
    private var failure: ChatControl.Failure?

    /// What a process ends with when its settings are wrong: starting it again does not help.
    private static let badSettingsCode: Int32 = 2

    init(_ plan: ClusterPlan) {
        let all = [plan.redis, plan.log].compactMap { $0 } + plan.servers
        let width = all.map(\.name.count).max() ?? 0
        redis = plan.redis.map { ClusterMember($0, nameWidth: width) }
        log = ClusterMember(plan.log, nameWidth: width)
        servers = plan.servers.map { ClusterMember($0, nameWidth: width) }
    }

    private var members: [ClusterMember] { foundation + servers }
    /// What the chat-servers need. They would wait for it, and say so; a first start should be quiet.
    private var foundation: [ClusterMember] { [redis, log].compactMap { $0 } }

    /// Returns when everything has stopped.
    func run() async throws(ChatControl.Failure) {
        for member in members {
            member.onReady = { [unowned self, unowned member] in becameReady(member) }
            member.onEnd = { [unowned self, unowned member] in ended(member, $0) }
        }
        for member in foundation { member.start() }
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
        Terminal.say("stopping")
        stopNext()
    }

    // MARK: Events

    private func becameReady(_ member: ClusterMember) {
        if isAnnounced {
            return Terminal.say("\(member.plan.name) is ready again: \(describe(member))")
        }
        if !hasStartedServers, !isStopping, foundation.allSatisfy(\.isReady) {
            hasStartedServers = true
            for server in servers { server.start() }
        }
        guard members.allSatisfy(\.isReady) else { return }
        isAnnounced = true
        announce()
    }

    private func ended(_ member: ClusterMember, _ end: ChildProcess.End) {
        if isStopping { return stopNext() }
        guard case .exited(LocalCluster.badSettingsCode) = end else { return }
        failure = ChatControl.Failure("\(member.plan.name) refuses its settings")
        stop()
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
        Terminal.say("\nFive commands to try in another terminal:")
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
