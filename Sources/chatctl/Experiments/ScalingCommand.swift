import ClusterTools
import EventLoop

/// `bench scaling`: how far replicas are behind when there are many, directly at the log and as a tree.
enum ScalingCommand {
    static let command = ChatControl.Command(
        name: "bench scaling", usage: "bench scaling [--out DIR]",
        summary:
            "Measures lag and the log's CPU with 1 to 300 replicas, flat and as a tree; writes CSV, JSON "
            + "and SVG.",
        options: [
            Arguments.Option(
                name: "replicas", value: "N,N",
                summary: "How many, one run each; default 1,3,10,30,100,300. They share up to "
                    + "\(ReplicaProcesses.processesMax) processes."),
            Arguments.Option(
                name: "modes", value: "tail,tree",
                summary: "tail: all of them follow the log itself; tree: each other. Default both."),
            Arguments.Option(
                name: "fanout", value: "N", summary: "How many one feeds in a tree; default 8."),
            Arguments.Option(name: "rate", value: "N", summary: "Messages a second; default 100."),
            Arguments.Option(name: "duration", value: "TIME", summary: "Of each run; default 10s."),
            Arguments.Option(name: "out", value: "DIR", summary: "For the files; default experiments."),
        ]
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require()
        let settings = try settings(arguments)
        let results = try Results(directory: arguments["out"] ?? "experiments")
        let surroundings = Surroundings.described
        let table = try await ScalingBench(settings: settings).run()
        for line in table.aligned { Terminal.say(line) }
        let about =
            surroundings + [
                ("fanout", String(settings.fanout)), ("messages_per_second", String(settings.rate)),
                ("duration_seconds", String(settings.duration.components.seconds)),
            ]
        try results.write("scaling", table, about: about, plots: plots(table, settings))
    }

    private static func settings(_ arguments: Arguments) throws(ChatControl.Failure) -> ScalingBench.Settings
    {
        var settings = ScalingBench.Settings()
        if let text = arguments["replicas"] {
            settings.counts = try text.split(separator: ",").map { (word) throws(ChatControl.Failure) in
                guard let count = Int(word), (1...4_000).contains(count) else {
                    throw ChatControl.Failure(
                        "--replicas is '\(text)'; it takes numbers from 1 to 4000", code: .badSettings)
                }
                return count
            }
        }
        if let text = arguments["modes"] {
            settings.modes = text.split(separator: ",").map(String.init)
            guard settings.modes.allSatisfy(["tail", "tree"].contains) else {
                throw ChatControl.Failure("--modes is '\(text)'; it takes tail and tree", code: .badSettings)
            }
        }
        settings.fanout = try arguments.integer("fanout", in: 1...1_000, default: settings.fanout)
        settings.rate = try arguments.integer("rate", in: 1...10_000, default: settings.rate)
        settings.duration = try arguments.duration(
            "duration", in: .seconds(1)...(.seconds(3_600)), default: settings.duration)
        return settings
    }

    private static func plots(
        _ table: ResultTable, _ settings: ScalingBench.Settings
    ) -> [(name: String, plot: LinePlot)] {
        let names = ["tail": "flat: all follow the log", "tree": "tree, fan-out \(settings.fanout)"]
        func series(_ column: String, spread: String? = nil) -> [LinePlot.Series] {
            settings.modes.map { mode in
                let rows = table.rows(where: "mode", is: mode)
                let points = zip(rows.values(of: "replicas"), rows.values(of: column)).enumerated().compactMap
                { (index, pair) -> LinePlot.Point? in
                    guard let x = pair.0, let y = pair.1 else { return nil }
                    let spread = spread.flatMap { rows.values(of: $0)[index] } ?? 0
                    return LinePlot.Point(x: x, y: y, spread: spread)
                }
                return LinePlot.Series(names[mode] ?? mode, points)
            }
        }
        let axis = PlotAxis("replicas", .logarithmic, marks: settings.counts.map(Double.init))
        return [
            (
                "lag",
                LinePlot(
                    title: "How far replicas are behind (mean and deviation)", x: axis,
                    y: PlotAxis("milliseconds"),
                    series: series("lag_mean_ms", spread: "lag_deviation_ms"))
            ),
            (
                "visible",
                LinePlot(
                    title: "From durable to visible on all replicas (99 of 100)", x: axis,
                    y: PlotAxis("milliseconds"), series: series("visible_p99_ms"))
            ),
            (
                "cpu",
                LinePlot(
                    title: "What a message costs the log", x: axis,
                    y: PlotAxis("microseconds of CPU"), series: series("log_cpu_us_per_message"))
            ),
        ]
    }
}
