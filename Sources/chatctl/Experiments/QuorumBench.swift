import ClusterTools
import EventLoop
import LogLine
import Web

/// Confirmed writes at one requirement after the other: how long each takes, how many pods had confirmed it.
@LoopActor
final class QuorumBench {
    struct Settings {
        var writes = 10_000
        var keys = 100
        var concurrency = 15
        /// Messages to as many channels, instead of keys' values.
        var writesMessages = false
        /// What `confirm` asks for, one run each.
        var requirements = ["durable", "1", "2", "3", "4", "5"]
    }

    /// Of one requirement, over all rounds.
    private struct Run {
        var samples: [Sample] = []
        var failures = 0
        var duration = Duration.zero
    }

    private struct Sample {
        let milliseconds: Double
        let confirmedBy: Int?
    }

    private let settings: Settings
    private let servers: [Endpoint]
    private var requirement = ""
    private var writesLeft = 0
    private var writersLeft = 0
    private var run = Run()
    private var lastFailure = ""
    private var continuation: CheckedContinuation<Void, Never>?

    /// Writes for each requirement that are not measured.
    private static let warmUpWrites = 200
    /// Each requirement has its turn so often, so that what else the machine does falls on all of them.
    private static let roundCount = 5
    private static let confirmTimeout = "10s"

    init(_ settings: Settings, servers: [Endpoint]) {
        self.settings = settings
        self.servers = servers
    }

    private static let columns = [
        "confirm", "writes", "mean_ms", "p50_ms", "p95_ms", "p99_ms", "max_ms", "writes_per_second",
        "confirmed_by_mean", "confirmed_by_min", "success_percent",
    ]

    func run() async throws(ChatControl.Failure) -> ResultTable {
        for requirement in settings.requirements {
            let warmUp = await write(QuorumBench.warmUpWrites, requirement)
            guard warmUp.failures < QuorumBench.warmUpWrites else {
                throw ChatControl.Failure("no write with confirm=\(requirement) succeeds: \(lastFailure)")
            }
        }
        var runs = settings.requirements.map { _ in Run() }
        for round in 0..<QuorumBench.roundCount {
            let share = settings.writes * (round + 1) / QuorumBench.roundCount
            let count = share - settings.writes * round / QuorumBench.roundCount
            for (index, requirement) in settings.requirements.enumerated() {
                let part = await write(count, requirement)
                runs[index].samples += part.samples
                runs[index].failures += part.failures
                runs[index].duration += part.duration
            }
        }
        return table(runs)
    }

    private func table(_ runs: [Run]) -> ResultTable {
        var table = ResultTable(columns: QuorumBench.columns)
        for (requirement, run) in zip(settings.requirements, runs) {
            table.add(row(requirement, run))
            guard run.failures > 0 else { continue }
            Terminal.say("confirm=\(requirement): \(run.failures) failed, last: \(lastFailure)")
        }
        return table
    }

    private func row(_ requirement: String, _ run: Run) -> [ResultTable.Cell] {
        let times = SampleSummary(run.samples.map(\.milliseconds))
        let confirmed = SampleSummary(run.samples.compactMap { $0.confirmedBy.map(Double.init) })
        let isConfirmed = confirmed.count > 0
        return [
            .text(requirement), .integer(settings.writes), .number(times.mean, digits: 3),
            .number(times.p50, digits: 3), .number(times.p95, digits: 3), .number(times.p99, digits: 3),
            .number(times.max, digits: 3),
            .number(Double(run.samples.count) / (run.duration / .seconds(1)), digits: 1),
            isConfirmed ? .number(confirmed.mean, digits: 2) : .missing,
            isConfirmed ? .integer(Int(confirmed.min)) : .missing,
            .number(100 * Double(run.samples.count) / Double(settings.writes), digits: 2),
        ]
    }

    // MARK: Writing

    /// So many writes by all writers together.
    private func write(_ count: Int, _ requirement: String) async -> Run {
        self.requirement = requirement
        run = Run()
        writesLeft = count
        writersLeft = settings.concurrency
        let start = LoopClock.monotonic
        await withCheckedContinuation { continuation in
            self.continuation = continuation
            for writer in 0..<settings.concurrency {
                EventLoop.shared.task { await self.runWriter(writer) }
            }
        }
        run.duration = LoopClock.monotonic - start
        return run
    }

    /// Each has a connection of its own, to one of the servers in turn.
    private func runWriter(_ number: Int) async {
        let endpoint = servers[number % servers.count].withOwnConnections
        while writesLeft > 0 {
            let write = writesLeft
            writesLeft -= 1
            await writeOne(write, endpoint)
        }
        writersLeft -= 1
        guard writersLeft == 0 else { return }
        continuation?.resume()
        continuation = nil
    }

    private func writeOne(_ number: Int, _ endpoint: Endpoint) async {
        let request = request(number)
        let sent = LoopClock.monotonic
        do throws(ChatControl.Failure) {
            let answer = try await endpoint.answer(request)
            let milliseconds = (LoopClock.monotonic - sent) / .milliseconds(1)
            run.samples.append(
                Sample(milliseconds: milliseconds, confirmedBy: QuorumBench.confirmedBy(answer.pointer)))
        } catch {
            run.failures += 1
            lastFailure = error.message
        }
    }

    private func request(_ number: Int) -> ClientRequest {
        let place = "bench-\(number % settings.keys)"
        let query = "?confirm=\(requirement)&timeout=\(QuorumBench.confirmTimeout)"
        guard settings.writesMessages else {
            return ClientRequest(
                .put, "/kv/\(place)\(query)", body: ByteSlice(Array(String(number).utf8)))
        }
        let body = "{\"message_text\":\"write \(number)\"}"
        return ClientRequest(.post, "/messages/\(place)\(query)", body: ByteSlice(Array(body.utf8)))
    }

    /// Nil when the receipt does not say.
    private static func confirmedBy(_ json: UnsafeRawBufferPointer) -> Int? {
        var count: Int?
        do throws(InvalidField) {
            var reader = JSONReader(json)
            try reader.beginObject(field: nil)
            while let name = try reader.nextKey() {
                if name == Array("confirmed_by".utf8) {
                    count = Int(try reader.unsignedInteger(field: "confirmed_by"))
                } else {
                    _ = try reader.skipValue(field: nil)
                }
            }
        } catch {
            return nil
        }
        return count
    }
}
