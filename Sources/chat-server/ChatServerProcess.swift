import ChatPod
import ChatService
import EventLoop
import Operations
import SearchIndex
import Web

/// The process `chat-server`: settings, then the loop.
enum ChatServerProcess {
    static func run() -> Never {
        let (settings, log) = ServiceProcess.start(ChatServerSettings.self)
        EventLoop.shared.run { serve(settings, log) }
        ServiceProcess.exit(.done)
    }

    @LoopActor private static var server: ChatServer?
    @LoopActor private static var signals = [LoopSignal]()

    @LoopActor
    private static func serve(_ settings: ChatServerSettings, _ log: DiagnosticLog) {
        let metrics = Metrics()
        do throws(SocketError) {
            metrics.gauge("chat_pod_search_bytes", "Memory of the index of texts.") {
                Double(SQLiteTextIndex.memoryBytes)
            }
            let server = try ChatPod.make(settings, textIndex: SQLiteTextIndex(), metrics: metrics, log: log)
            self.server = server
            tellOfSimulation(settings, log)
            tellOfFewDescriptors(settings.admission.connectionsMax, server, log)
            signals = ServiceProcess.onTermination { drain(server, settings, log) }
            log.info(
                "listening",
                [
                    "host": .init(settings.common.host), "port": .init(server.server.address?.port ?? 0),
                    "replica_id": .init(settings.replicaID), "log": .init(settings.replicationLog),
                    "redis": .init(settings.common.redis.map(\.description) ?? "none"),
                ])
        } catch {
            ServiceProcess.exit(notServing: error, settings.common, log)
        }
    }

    private static func tellOfSimulation(_ settings: ChatServerSettings, _ log: DiagnosticLog) {
        guard let delay = settings.simulatedDelay else { return }
        log.warning(
            "an experiment: reports of what was applied are held back on purpose",
            ["simulated_delay": .init(delay.description)])
    }

    @LoopActor
    private static func tellOfFewDescriptors(_ wanted: Int, _ server: ChatServer, _ log: DiagnosticLog) {
        let possible = server.server.limits.connectionsMax
        guard possible < wanted else { return }
        log.info(
            "the limit of open files leaves fewer connections than CONNECTIONS_MAX",
            ["connections": .init(possible), "wanted": .init(wanted)])
    }

    @LoopActor
    private static func drain(_ server: ChatServer, _ settings: ChatServerSettings, _ log: DiagnosticLog) {
        log.info("draining", ["window": .init(settings.common.drainWindow)])
        server.drain {
            log.info("stopped")
            EventLoop.shared.stop()
        }
    }
}
