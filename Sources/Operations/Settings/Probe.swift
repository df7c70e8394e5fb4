/// A question to the running service that a second process with the same settings puts to it:
/// `chat-server --health`. So a container needs neither a shell nor a client to be checked.
public enum Probe: String, CaseIterable, Sendable {
    /// Does the process answer?
    case health
    /// Has it caught up, and is it not draining?
    case ready

    public var flag: String { "--\(rawValue)" }

    /// Where the service answers it; every other status than 200 means no.
    public var path: String {
        switch self {
        case .health: "/healthz"
        case .ready: "/readyz"
        }
    }

    var summary: String {
        switch self {
        case .health: "Ask the service that runs with these settings whether it is alive; exit code 0 or 1."
        case .ready: "Ask it whether it is ready to serve; exit code 0 or 1."
        }
    }

    /// Takes the probes out of `arguments`; of several the one that asks for more.
    static func take(from arguments: inout [String]) -> Probe? {
        let asked = allCases.filter { arguments.contains($0.flag) }
        arguments.removeAll { argument in asked.contains { $0.flag == argument } }
        return asked.last
    }
}
