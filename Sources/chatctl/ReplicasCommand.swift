import ChatPod
import ChatService
import EventLoop
import Glibc
import LogLine
import Operations
import Views
import Web

/// `replicas`: many chat-servers in one process, for experiments with more pods than a machine has memory
/// for. They share one thread, so their speed says nothing; what the log and the tree do with them does.
enum ReplicasCommand {
    static let command = ChatControl.Command(
        name: "replicas", usage: "replicas --count N [--log URL]",
        summary: "For experiments: runs many chat-servers in one process, on free ports; Ctrl-C stops them.",
        options: [
            Arguments.Option(name: "count", value: "N", summary: "How many, 1 to 1000; default 10."),
            Arguments.Option(
                name: "log", value: "URL", summary: "The replication-log; default http://127.0.0.1:8100."),
            Arguments.Option(name: "redis", value: "URL", summary: "Redis; default none."),
            Arguments.Option(
                name: "follow", value: "HOW",
                summary: "redis, tail or tree; default redis with --redis, else tail."),
            Arguments.Option(
                name: "prefix", value: "NAME", summary: "They are called NAME-1 and so on; default replica."),
            Arguments.Option(
                name: "secret-file", value: "FILE",
                summary:
                    "Holds the CLUSTER_SECRET, when that is not in the environment; default "
                    + "\(Endpoint.defaultSecretFile), where it is there."),
        ]
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require()
        let group = try ReplicaGroup(arguments)
        let signals = [SIGINT, SIGTERM].map { LoopSignal($0) { group.stop() } }
        defer { withExtendedLifetime(signals) {} }
        try group.start()
        await group.untilReady()
        Terminal.say("all \(group.count) are ready")
        await group.untilStopped()
    }
}

/// The chat-servers of this process.
@LoopActor
private final class ReplicaGroup {
    let count: Int
    private let prefix: String
    private let environment: [String: String]
    private var servers: [ChatServer] = []
    private var timer: LoopTimer?
    private var stopped: CheckedContinuation<Void, Never>?

    private static let pollInterval = Duration.milliseconds(50)
    /// Of the settings, what is one for all of them; the rest is as the environment has it.
    private static let fixed = ["HOST": "127.0.0.1", "PORT": "0", "ADVERTISED_URL": "", "DRAIN_WINDOW": "0s"]

    init(_ arguments: Arguments) throws(ChatControl.Failure) {
        count = try arguments.integer("count", in: 1...1000, default: 10)
        prefix = arguments["prefix"] ?? "replica"
        let redis = arguments["redis"] ?? ""
        var environment = ProcessEnvironment.variables()
        if environment["LOG_LEVEL"] == nil { environment["LOG_LEVEL"] = "warning" }
        environment.merge(Self.fixed) { $1 }
        environment["REPLICATION_LOG_URL"] = arguments["log"] ?? "http://127.0.0.1:8100"
        environment["REDIS_URL"] = redis
        environment["FOLLOW"] = arguments["follow"] ?? (redis.isEmpty ? "tail" : "redis")
        if let file = Self.secretFile(arguments, environment) { environment["CLUSTER_SECRET_FILE"] = file }
        self.environment = environment
    }

    /// As the other commands do: what is named, else the environment's, else where `chatctl up` keeps it.
    private static func secretFile(_ arguments: Arguments, _ environment: [String: String]) -> String? {
        if let file = arguments["secret-file"] { return file }
        let isGiven = ["CLUSTER_SECRET", "CLUSTER_SECRET_FILE"].contains { environment[$0]?.isEmpty == false }
        let file = Endpoint.defaultSecretFile
        return isGiven || access(file, R_OK) != 0 ? nil : file
    }

    func start() throws(ChatControl.Failure) {
        DescriptorLimit.raise()
        for number in 1...count {
            let server = try start("\(prefix)-\(number)")
            servers.append(server)
            Terminal.say("\(prefix)-\(number) http://127.0.0.1:\(server.server.address?.port ?? 0)")
        }
    }

    private func start(_ name: String) throws(ChatControl.Failure) -> ChatServer {
        var environment = environment
        environment["REPLICA_ID"] = name
        let settings: ChatServerSettings
        do throws(SettingsError) {
            let values = try SettingValues(
                table: ChatServerSettings.table, arguments: [], environment: environment)
            settings = try ChatServerSettings(values)
        } catch {
            throw ChatControl.Failure("\(error)", code: .badSettings)
        }
        let log = DiagnosticLog(
            service: name, level: settings.common.logLevel, format: settings.common.logFormat)
        do throws(SocketError) {
            return try ChatPod.make(settings, textIndex: NoTextIndex(), metrics: Metrics(), log: log)
        } catch {
            throw ChatControl.Failure("\(name): \(error)")
        }
    }

    func untilReady() async {
        await withCheckedContinuation { continuation in
            timer = LoopTimer(every: Self.pollInterval) { [self] in
                guard timer != nil, servers.allSatisfy(\.replica.isReady) else { return }
                timer = nil
                continuation.resume()
            }
        }
    }

    func untilStopped() async {
        await withCheckedContinuation { stopped = $0 }
    }

    /// Ends the process, whatever is under way: nothing here is anybody's only copy.
    func stop() {
        guard let stopped else { ServiceProcess.exit(.done) }
        self.stopped = nil
        stopped.resume()
    }
}

/// Is of no use from the first batch on: many indexes of the same texts would only cost memory.
private struct NoTextIndex: TextIndex {
    private static let none = TextIndexError.failed("replicas of one process have no index")

    func apply(
        _ changes: [TextChange], through: Offset,
        _ completion: @escaping @Sendable (TextIndexError?) -> Void
    ) { completion(Self.none) }

    func find(
        _ words: SearchWords, before: Offset, limit: Int,
        _ answer: @escaping @Sendable (Result<TextHits, TextIndexError>) -> Void
    ) { answer(.failure(Self.none)) }

    func clear() {}
}
