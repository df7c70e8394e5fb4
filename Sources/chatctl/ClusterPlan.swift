import Crypto
import EventLoop
import Glibc
import Operations

/// What a local cluster consists of: each process with its executable, arguments, environment and port.
@LoopActor
struct ClusterPlan {
    /// What shows that a process is ready.
    enum Sign {
        /// It accepts connections; Redis.
        case accepts
        /// `/readyz` says so.
        case ready
        /// And `/state` says that Redis is connected: whatever is published from now on is heard.
        case readyWithRedis
    }

    struct Process {
        let name: String
        let executable: String
        let arguments: [String]
        let environment: [String: String]
        let port: UInt16
        let sign: Sign

        var url: String { "http://127.0.0.1:\(port)" }
    }

    /// What is asked for.
    struct Wish {
        var servers = 3
        /// Where everything is kept.
        var directory = "data"
        /// Of the first server, the log and Redis, where they are free; 0: any.
        var ports = (server: 8000, log: 8100, redis: 6390)
        var hasRedis = true
        /// Settings beside those of this process' environment.
        var logSettings: [String: String] = [:]
        var serverSettings: [String: String] = [:]
    }

    /// Nil: the cluster does without.
    let redis: Process?
    let log: Process
    let servers: [Process]
    /// Of each port that was asked for and is taken, a sentence that names the one that stands for it.
    let substitutes: [String]

    init(_ arguments: Arguments) throws(ChatControl.Failure) {
        var wish = Wish()
        wish.servers = try arguments.integer("servers", in: 1...32, default: wish.servers)
        wish.directory = arguments["data-dir"] ?? wish.directory
        wish.ports = (
            try arguments.integer("port", in: 1...65_535, default: wish.ports.server),
            try arguments.integer("log-port", in: 1...65_535, default: wish.ports.log),
            try arguments.integer("redis-port", in: 1...65_535, default: wish.ports.redis)
        )
        wish.hasRedis = !arguments.has("no-redis")
        try self.init(wish)
    }

    init(_ wish: Wish) throws(ChatControl.Failure) {
        let directory = wish.directory
        for path in [directory, "\(directory)/redis"] { try ClusterPlan.makeDirectory(path) }
        var ports = FreePorts()
        let logPort = try ports.take(wish.ports.log, for: "the replication-log")
        var environment = ProcessEnvironment.variables()
        environment["CLUSTER_SECRET"] = try ClusterPlan.secret(in: directory, environment)
        environment["HOST"] = environment["HOST"] ?? "127.0.0.1"
        environment["DRAIN_WINDOW"] = environment["DRAIN_WINDOW"] ?? "0s"
        environment["REPLICATION_LOG_URL"] = "http://127.0.0.1:\(logPort)"
        redis = try wish.hasRedis ? ClusterPlan.redis(wish, &ports) : nil
        environment["REDIS_URL"] = redis.map { "redis://127.0.0.1:\($0.port)" } ?? ""
        log = Process(
            name: "replication-log", executable: try ClusterPlan.sibling("replication-log"), arguments: [],
            environment: environment.merging(
                ["PORT": String(logPort), "DATA_DIR": "\(directory)/log"], uniquingKeysWith: { $1 }
            ).merging(wish.logSettings, uniquingKeysWith: { $1 }),
            port: logPort, sign: redis == nil ? .ready : .readyWithRedis)
        let executable = try ClusterPlan.sibling("chat-server")
        let firstPort = wish.ports.server
        servers = try (0..<wish.servers).map { (index) throws(ChatControl.Failure) in
            let name = "chat-server-\(index + 1)"
            let port = try ports.take(firstPort == 0 ? 0 : min(firstPort + index, 65_535), for: name)
            return Process(
                name: name, executable: executable, arguments: [],
                environment: environment.merging(
                    ["PORT": String(port), "REPLICA_ID": name], uniquingKeysWith: { $1 }
                ).merging(wish.serverSettings, uniquingKeysWith: { $1 }),
                port: port, sign: .ready)
        }
        substitutes = ports.substitutes
    }

    private static func redis(
        _ wish: Wish, _ ports: inout FreePorts
    ) throws(ChatControl.Failure) -> Process {
        guard let executable = inPath("redis-server") else {
            throw ChatControl.Failure(
                "redis-server is not installed: install Debian's redis-server, or use --no-redis")
        }
        let port = try ports.take(wish.ports.redis, for: "Redis")
        return Process(
            name: "redis", executable: executable,
            arguments: [
                "--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", "\(wish.directory)/redis", "--loglevel", "warning", "--proto-max-bulk-len", "1mb",
            ], environment: ProcessEnvironment.variables(), port: port, sign: .accepts)
    }

    // MARK: Secret

    /// The environment's, or one that is made once and kept beside the data.
    private static func secret(
        in directory: String, _ environment: [String: String]
    ) throws(ChatControl.Failure) -> String {
        if let given = environment["CLUSTER_SECRET"], !given.isEmpty { return given }
        let path = "\(directory)/cluster-secret"
        if let kept = SmallFile.read(path)?.split(separator: "\n").first { return String(kept) }
        let made = HexadecimalBytes.text(SecureRandom.bytes(32))
        guard SmallFile.create(path, made + "\n") else {
            throw ChatControl.Failure("cannot write \(path): \(String(cString: strerror(errno)))")
        }
        return made
    }

    // MARK: Files

    private static func makeDirectory(_ path: String) throws(ChatControl.Failure) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw ChatControl.Failure("cannot make the directory \(path): \(String(cString: strerror(errno)))")
    }

    /// An executable that is installed beside this one.
    static func sibling(_ name: String) throws(ChatControl.Failure) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(decoding: buffer.prefix(max(count, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        let path = own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
            separator: "/")
        let executable = "\(path)/\(name)"
        guard access(executable, X_OK) == 0 else {
            throw ChatControl.Failure("\(executable) is missing; it belongs beside chatctl")
        }
        return executable
    }

    private static func inPath(_ name: String) -> String? {
        let path = ProcessEnvironment.variables()["PATH"] ?? "/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}

/// Ports on loopback that nobody listens on.
@LoopActor
struct FreePorts {
    private var taken = Set<UInt16>()
    /// A sentence for each port that was not free.
    private(set) var substitutes: [String] = []

    /// Below those of outgoing connections on Linux: none of them takes a port before its service does.
    private static let others: Range<UInt16> = 10_000..<32_768
    private static let attemptsMax = 1_000

    /// `preferred` when it is free, else another one; 0: any.
    mutating func take(_ preferred: Int, for name: String) throws(ChatControl.Failure) -> UInt16 {
        let wanted = UInt16(clamping: preferred)
        if wanted != 0, take(wanted) { return wanted }
        for _ in 0..<FreePorts.attemptsMax {
            let port = UInt16.random(in: FreePorts.others)
            guard take(port) else { continue }
            if wanted != 0 { substitutes.append("port \(wanted) is taken, so \(name) has \(port)") }
            return port
        }
        throw ChatControl.Failure("no port is free on 127.0.0.1")
    }

    /// False: it was taken before, or somebody listens there.
    private mutating func take(_ port: UInt16) -> Bool {
        // A port that cannot be bound is taken; nothing else is asked.
        guard !taken.contains(port),
            let listener = try? Listener(host: "127.0.0.1", port: port, onAccept: { $0.close() })
        else { return false }
        listener.close()
        taken.insert(port)
        return true
    }
}
