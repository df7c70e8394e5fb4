import Crypto
import EventLoop
import Glibc
import Operations

/// `up`: a whole cluster on this machine, for trying and developing.
enum UpCommand {
    static let command = ChatControl.Command(
        name: "up", usage: "up [--servers 3]",
        summary: """
            Starts Redis, a replication-log and chat-servers on this machine; Ctrl-C stops everything. A \
            port that is taken is replaced by a free one, which it says.
            """,
        options: [
            Arguments.Option(
                name: "servers", value: "N", summary: "How many chat-servers, 1 to 32; default 3."),
            Arguments.Option(
                name: "data-dir", value: "DIR", summary: "Where everything is kept; default data."),
            Arguments.Option(name: "port", value: "PORT", summary: "Of the first chat-server; default 8000."),
            Arguments.Option(
                name: "log-port", value: "PORT", summary: "Of the replication-log; default 8100."),
            Arguments.Option(name: "redis-port", value: "PORT", summary: "Of Redis; default 6390."),
            Arguments.Option(
                name: "no-redis", value: nil, summary: "Without Redis: pods follow the log's tail."),
        ]
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require()
        let plan = try ClusterPlan(arguments)
        let cluster = LocalCluster(plan)
        let signals = onInterrupt { cluster.stop() }
        defer { withExtendedLifetime(signals) {} }
        try await cluster.run()
    }

    @LoopActor
    private static func onInterrupt(_ stop: @escaping @LoopActor () -> Void) -> [LoopSignal] {
        [SIGINT, SIGTERM, SIGHUP].map { LoopSignal($0, stop) }
    }
}
