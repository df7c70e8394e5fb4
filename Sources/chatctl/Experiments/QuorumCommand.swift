import ClusterTools
import EventLoop

/// `bench quorum`: what waiting for more pods costs.
enum QuorumCommand {
    private static let serversDefault = 5

    static let command = ChatControl.Command(
        name: "bench quorum", usage: "bench quorum [--out DIR]",
        summary: "Measures writes confirmed by 1 to 5 of five servers; writes CSV, JSON and SVG.",
        options: [
            Arguments.Option(
                name: "servers", value: "URL,URL",
                summary: "Uses these chat-servers; default: starts five of its own, with a log and Redis."),
            Endpoint.secretOption,
            Arguments.Option(
                name: "messages", value: nil,
                summary: "Writes messages to as many channels instead of keys' values."),
            Arguments.Option(name: "writes", value: "N", summary: "In each run; default 10000."),
            Arguments.Option(name: "keys", value: "N", summary: "Written by turns; default 100."),
            Arguments.Option(name: "concurrency", value: "N", summary: "Writers at once; default 15."),
            Arguments.Option(
                name: "simulated-delay", value: "MIN-MAX",
                summary: "Of each report of a server of its own, like 0.1ms-1ms; default none."),
            Arguments.Option(name: "out", value: "DIR", summary: "For the files; default experiments."),
        ]
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require()
        var settings = QuorumBench.Settings()
        settings.writes = try arguments.integer("writes", in: 1...10_000_000, default: settings.writes)
        settings.keys = try arguments.integer("keys", in: 1...100_000, default: settings.keys)
        settings.concurrency = try arguments.integer(
            "concurrency", in: 1...512, default: settings.concurrency)
        settings.writesMessages = arguments.has("messages")
        let results = try Results(directory: arguments["out"] ?? "experiments")
        if arguments.has("servers") {
            return try await measure(settings, try Cluster.servers(arguments), arguments, results)
        }
        var wish = ClusterPlan.Wish.forExperiment
        wish.servers = serversDefault
        if let delay = arguments["simulated-delay"] { wish.serverSettings["SIMULATED_DELAY"] = delay }
        try await ExperimentCluster.withOwn(wish) { (cluster) throws(ChatControl.Failure) in
            try await measure(settings, cluster.servers, arguments, results)
        }
    }

    @LoopActor
    private static func measure(
        _ settings: QuorumBench.Settings, _ servers: [Endpoint], _ arguments: Arguments,
        _ results: Results
    ) async throws(ChatControl.Failure) {
        var settings = settings
        settings.requirements = ["durable"] + (1...servers.count).map(String.init)
        let surroundings = Surroundings.described
        let table = try await QuorumBench(settings, servers: servers).run()
        for line in table.aligned { Terminal.say(line) }
        let about =
            surroundings + [
                ("servers", String(servers.count)), ("keys", String(settings.keys)),
                ("written", settings.writesMessages ? "messages" : "keys' values"),
                ("concurrency", String(settings.concurrency)),
                ("simulated_delay", arguments["simulated-delay"] ?? "none"),
            ]
        try results.write("quorum", table, about: about, plots: plots(table))
    }

    /// `durable` stands at 0: it waits for no pod.
    private static func plots(_ table: ResultTable) -> [(name: String, plot: LinePlot)] {
        let marks = table.rows.indices.map(Double.init)
        func series(_ name: String, _ column: String) -> LinePlot.Series {
            LinePlot.Series(
                name,
                table.values(of: column).enumerated().map { LinePlot.Point(x: Double($0), y: $1 ?? 0) })
        }
        let axis = PlotAxis("pods that must confirm (0: durable is enough)", marks: marks)
        return [
            (
                "latency",
                LinePlot(
                    title: "Time until a write is confirmed", x: axis, y: PlotAxis("milliseconds"),
                    series: [
                        series("mean", "mean_ms"), series("p50", "p50_ms"), series("p95", "p95_ms"),
                        series("p99", "p99_ms"),
                    ])
            ),
            (
                "throughput",
                LinePlot(
                    title: "Confirmed writes a second", x: axis, y: PlotAxis("writes a second"),
                    series: [series("all writers together", "writes_per_second")])
            ),
        ]
    }
}

extension ClusterPlan.Wish {
    /// On any free ports, and quiet.
    static var forExperiment: ClusterPlan.Wish {
        var wish = ClusterPlan.Wish()
        wish.ports = (0, 0, 0)
        wish.logSettings = ["LOG_LEVEL": "warning"]
        wish.serverSettings = ["LOG_LEVEL": "warning"]
        return wish
    }
}
