import EventLoop
import LogLine
import Web

/// `status`: one row for each service, and whether they agree.
enum StatusCommand {
    /// What `chatctl up` starts.
    private static let defaults = [
        "http://127.0.0.1:8100", "http://127.0.0.1:8000", "http://127.0.0.1:8001", "http://127.0.0.1:8002",
    ]

    static let command = ChatControl.Command(
        name: "status", usage: "status [URL…]",
        summary:
            "Shows offset, lag, digest and source of each service; exit code 1 when one is away or differs.",
        options: [Endpoint.secretOption]
    ) { (arguments) throws(ChatControl.Failure) in
        let urls = arguments.positional.isEmpty ? defaults : arguments.positional
        var rows = [["URL", "SERVICE", "EPOCH", "OFFSET", "LAG", "DIGEST", "SOURCE"]]
        var states = [ServiceState]()
        var known = [(url: String, state: ServiceState)]()
        var isComplete = true
        for url in urls {
            let endpoint = try Endpoint(url, arguments)
            do throws(ChatControl.Failure) {
                let state = try await ServiceState.read(endpoint)
                states.append(state)
                known.append((url, state))
                rows.append(row(url, state))
            } catch {
                isComplete = false
                rows.append([url, "away: \(error.message)"])
            }
        }
        for line in table(rows) { Terminal.say(line) }
        for (url, state) in known where state.service == "replication-log" {
            await showReplicas(try Endpoint(url, arguments))
        }
        guard isComplete, agree(states) else { throw ChatControl.Failure("the services are not all in step") }
    }

    /// What the log knows of its pods; nothing where it cannot tell.
    @LoopActor
    private static func showReplicas(_ log: Endpoint) async {
        // A log of an older version has no such list.
        guard let replicas = try? await KnownReplica.read(log), !replicas.isEmpty else { return }
        Terminal.say("")
        let head = ["REPLICA", "STATE", "OFFSET", "LAG", "LAG MS", "TIER", "UPSTREAM", "HEARD MS"]
        for line in table([head] + replicas.map(\.row)) { Terminal.say(line) }
    }

    private static func row(_ url: String, _ state: ServiceState) -> [String] {
        let name = state.replicaID.isEmpty ? state.service : "\(state.service) \(state.replicaID)"
        let lag = state.head.map { String($0.value - min(state.offset.value, $0.value)) } ?? "-"
        let source = state.source.isEmpty ? "-" : state.source
        return [url, name, state.epoch, state.offset.description, lag, state.digest, source]
    }

    /// Of services at the same offset the digests are equal; all are of one epoch.
    private static func agree(_ states: [ServiceState]) -> Bool {
        var digests = [Offset: String]()
        for state in states {
            guard digests[state.offset, default: state.digest] == state.digest else { return false }
            digests[state.offset] = state.digest
        }
        return Set(states.map(\.epoch)).count <= 1
    }

    /// The cells come from services: what they say must not move the cursor.
    private static func table(_ rows: [[String]]) -> [String] {
        let rows = rows.map { $0.map { Terminal.printable($0) } }
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.filter { $0.count == columns }.map { $0[column].count }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { index, cell in
                index == row.count - 1
                    ? cell : cell + String(repeating: " ", count: max(0, widths[index] - cell.count))
            }.joined(separator: "  ")
        }
    }
}
