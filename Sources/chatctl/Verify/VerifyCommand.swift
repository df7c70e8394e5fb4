import EventLoop
import LogLine
import Operations

/// `verify`: whether all members hold the same history and the same keys.
enum VerifyCommand {
    static let command = ChatControl.Command(
        name: "verify", usage: "verify [--log URL] [--servers URL,URL]",
        summary:
            "Compares the servers' histories and keys with the log's; shows the first line that differs; "
            + "exit code 1 when something differs, 2 when somebody could not be asked.",
        options: [
            Cluster.logOption, Cluster.serversOption, Endpoint.secretOption,
            Arguments.Option(
                name: "lines", value: nil,
                summary:
                    "Reads every line of every server, too, and checks its crc: finds what has changed in "
                    + "memory since it was applied."),
            Arguments.Option(
                name: "timeout", value: "TIME",
                summary: "How long a server may take to get where the log was; default 10s."),
        ]
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require()
        let timeout = try arguments.duration(
            "timeout", in: .zero...(.seconds(3600)), default: .seconds(10))
        let verification = Verification(
            log: try Cluster.log(arguments), servers: try Cluster.servers(arguments),
            readsLines: arguments.has("lines"), timeout: timeout)
        try await verification.run()
    }
}

/// Options of commands that talk to a whole cluster.
@LoopActor
enum Cluster {
    nonisolated static let logOption = Arguments.Option(
        name: "log", value: "URL", summary: "Of the replication-log; default \(defaultLog).")
    nonisolated static let serversOption = Arguments.Option(
        name: "servers", value: "URL,URL",
        summary: "Of the chat-servers; default \(defaultServers.joined(separator: ",")).")
    /// What `chatctl up` starts.
    nonisolated static let defaultLog = "http://127.0.0.1:8100"
    nonisolated static let defaultServers = [
        "http://127.0.0.1:8000", "http://127.0.0.1:8001", "http://127.0.0.1:8002",
    ]

    static func log(_ arguments: Arguments) throws(ChatControl.Failure) -> Endpoint {
        try Endpoint(arguments["log"] ?? defaultLog, arguments)
    }

    static func servers(_ arguments: Arguments) throws(ChatControl.Failure) -> [Endpoint] {
        let urls = arguments["servers"]?.split(separator: ",").map(String.init) ?? defaultServers
        return try urls.map { (url) throws(ChatControl.Failure) in try Endpoint(url, arguments) }
    }
}
