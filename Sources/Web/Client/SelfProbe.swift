import EventLoop
import LogLine
import Operations
import Replication

/// Puts a probe's question to the service that runs on this machine with the same settings, and ends the
/// process with the answer: code 0 and silence when all is well, else code 1 and one line on stderr.
public enum SelfProbe {
    /// Connecting and answering, together.
    static let timeMax = Duration.seconds(2)

    /// Runs the event loop on this thread.
    public static func run(_ probe: Probe, of settings: CommonSettings) -> Never {
        guard settings.port > 0 else {
            ServiceProcess.exit(.badSettings, saying: "PORT is 0: which port was taken only the log says\n")
        }
        let origin = Origin(host: reachable(settings.host), port: settings.port)
        EventLoop.shared.run {
            EventLoop.shared.task { await ask(probe, origin) }
        }
        ServiceProcess.exit(.failed)
    }

    /// A wildcard stands for all addresses of the machine: one of them is the loopback's.
    static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: host
        }
    }

    @LoopActor
    private static func ask(_ probe: Probe, _ origin: Origin) async {
        let deadline = LoopTimer { fail(probe, origin, "no answer within \(timeMax)") }
        deadline.schedule(after: timeMax)
        do throws(ClientError) {
            let (head, body) = try await HTTPClient(origin).response(to: ClientRequest(.get, probe.path))
            deadline.cancel()
            guard head.status == 200 else {
                // What is no problem document is shown by its status.
                let detail = (try? Problem.decode(body.pointer))?.detail ?? "HTTP status \(head.status)"
                fail(probe, origin, detail)
            }
            ServiceProcess.exit(.done)
        } catch {
            fail(probe, origin, error.message)
        }
    }

    private static func fail(_ probe: Probe, _ origin: Origin, _ reason: String) -> Never {
        ServiceProcess.exit(.failed, saying: "\(origin)\(probe.path): \(reason)\n")
    }
}
