import Crypto
import EventLoop
import LogLine
import Operations
import RedisBus
import Replication
import ReplicationLogService
import SegmentStore
import Views
import Web

/// The process `replication-log`: settings, then recovery, then the loop.
enum ReplicationLogProcess {
    static func run() -> Never {
        let (settings, log) = ServiceProcess.start(ReplicationLogSettings.self)
        let opened = open(settings, log)
        EventLoop.shared.run { serve(settings, opened, log) }
        ServiceProcess.exit(.done)
    }

    // MARK: Recovery

    /// What recovery found, to be handed to the loop.
    private struct OpenedLog: @unchecked Sendable {
        // Guard: made before the loop starts, then touched by the loop only.
        let epoch: Epoch
        let store: SegmentStore
        let sequencer: Sequencer
        let index: LogIndex
        let amendments: Amendments
        let settings: ClusterSettings
        let redactedCount: Int
    }

    private static func open(_ settings: ReplicationLogSettings, _ log: DiagnosticLog) -> OpenedLog {
        let start = LoopClock.monotonic
        do throws(LogError) {
            let rebuilder = IndexRebuilder(idEntriesMax: settings.idIndexEntries)
            let (store, recovery) = try SegmentStore.open(
                directory: settings.dataDirectory, options: storeOptions(settings), bootID: BootID.current(),
                newEpoch: { Epoch(SecureRandom.uint64()) },
                visit: { scan, line, _ throws(LogError) in try rebuilder.visit(scan, line) })
            report(recovery, settings, since: start, log)
            return OpenedLog(
                epoch: recovery.epoch, store: store, sequencer: rebuilder.sequencer, index: rebuilder.index,
                amendments: rebuilder.amendments, settings: rebuilder.settings,
                redactedCount: rebuilder.redactedCount)
        } catch {
            log.error(
                "cannot open the log", ["data_dir": .init(settings.dataDirectory), "reason": .init(error)])
            ServiceProcess.exit(.failed)
        }
    }

    private static func storeOptions(_ settings: ReplicationLogSettings) -> StoreOptions {
        let durability: Durability =
            switch settings.durability {
            case .sync: .sync
            case .interval: .interval(settings.syncInterval)
            case .none: .none
            }
        return StoreOptions(
            durability: durability, segmentBytesMax: settings.segmentBytes,
            scrubInterval: settings.scrubInterval)
    }

    private static func report(
        _ recovery: Recovery, _ settings: ReplicationLogSettings, since start: Duration, _ log: DiagnosticLog
    ) {
        if let file = recovery.cutFile {
            log.warning(
                "cut off what stood behind the last whole line and was never acknowledged",
                ["bytes": .init(recovery.cutBytes), "kept_in": .init(file)])
        }
        if recovery.isNewEpoch, recovery.head > .zero {
            log.warning(
                "new epoch: the machine went down without a sync, so acknowledged lines may be missing",
                ["epoch": .init(recovery.epoch)])
        }
        log.info(
            "log opened",
            [
                "data_dir": .init(settings.dataDirectory), "epoch": .init(recovery.epoch),
                "head": .init(recovery.head), "bytes": .init(recovery.streamEnd),
                "segments": .init(recovery.segments), "durability": .init(settings.durability.rawValue),
                "took": .init(LoopClock.monotonic - start),
            ])
    }

    // MARK: Serving

    @LoopActor private static var service: ReplicationLog?
    @LoopActor private static var signals = [LoopSignal]()

    @LoopActor
    private static func serve(
        _ settings: ReplicationLogSettings, _ opened: OpenedLog, _ log: DiagnosticLog
    ) {
        let core = LogCore(
            epoch: opened.epoch, sequencer: opened.sequencer, index: opened.index,
            amendments: opened.amendments, settings: opened.settings, redactedCount: opened.redactedCount,
            store: opened.store)
        let gate = RepetitionGate()
        core.onRefusal = { error in
            guard let suppressed = gate.admit("write", at: .now) else { return }
            log.error(
                "a write failed and was taken back\(RepetitionGate.note(suppressed))",
                ["reason": .init(error)])
        }
        core.onFailure = { error in
            log.error("the log can no longer be written; exiting to recover", ["reason": .init(error)])
            ServiceProcess.exit(.ioError)
        }
        opened.store.start { event in
            EventLoop.shared.execute { core.handle(event) }
        } onDamage: { damage in
            reportDamage(damage, log)
        }
        let metrics = Metrics()
        StoreMetrics.register(opened.store, in: metrics)
        do throws(SocketError) {
            let service = try ReplicationLog(
                core: core, bus: bus(settings, metrics, log),
                seal: settings.common.clusterSecret.map { BusSeal(secret: $0.bytes) },
                options: options(settings, opened.store, log), metrics: metrics, log: log)
            self.service = service
            signals = ServiceProcess.onTermination { stop(service, opened.store, log) }
            log.info(
                "listening",
                [
                    "host": .init(settings.common.host), "port": .init(service.server.address?.port ?? 0),
                    "redis": .init(settings.common.redis.map(\.description) ?? "none"),
                ])
        } catch {
            opened.store.close()
            ServiceProcess.exit(notServing: error, settings.common, log)
        }
    }

    /// On the thread that found it.
    private static func reportDamage(_ damage: ScrubReport.Damage, _ log: DiagnosticLog) {
        log.error(
            "a sealed segment is damaged on the disk; nothing was changed",
            [
                "file": .init(damage.file), "byte": .init(damage.byte), "offset": .init(damage.offset),
                "reason": .init(damage.detail),
            ])
    }

    @LoopActor
    private static func stop(_ service: ReplicationLog, _ store: SegmentStore, _ log: DiagnosticLog) {
        log.info("stopping")
        service.stop {
            store.close()
            log.info("stopped")
            EventLoop.shared.stop()
        }
    }

    private static func options(
        _ settings: ReplicationLogSettings, _ store: SegmentStore, _ log: DiagnosticLog
    ) -> ReplicationLog.Options {
        var options = ReplicationLog.Options(
            host: settings.common.host, port: settings.common.port, clusterName: settings.common.clusterName,
            basePath: settings.common.basePath, secret: settings.common.clusterSecret?.bytes,
            allowedOrigins: settings.common.allowedOrigins, engine: settings.engine.rawValue,
            durability: settings.durability.rawValue, replicaWindow: settings.replicaWindow,
            writeQuorum: writeQuorum(settings.common), fanout: settings.fanout)
        options.scrubReport = { store.scrubReport }
        options.roster = rosterStorage(settings, log)
        return options
    }

    private static func rosterStorage(
        _ settings: ReplicationLogSettings, _ log: DiagnosticLog
    ) -> RosterStorage {
        let file = SideFile(
            "replicas.ndjson", in: settings.dataDirectory, bytesMax: ReplicaRoster.bytesMax)
        var kept: [UInt8] = []
        do throws(LogError) {
            kept = try file.read() ?? []
        } catch {
            log.warning("the replicas of the former run are not known", ["reason": .init(error)])
        }
        return RosterStorage(kept: kept) { roster, completion in
            file.replace(with: roster, completion: completion)
        }
    }

    private static func writeQuorum(_ settings: CommonSettings) -> ConfirmationRequirement {
        guard let requirement = ConfirmationRequirement(settings.writeQuorum) else {
            preconditionFailure("the setting takes what a ConfirmationRequirement takes")
        }
        return requirement
    }

    @LoopActor
    private static func bus(
        _ settings: ReplicationLogSettings, _ metrics: Metrics, _ log: DiagnosticLog
    ) -> RedisBus? {
        guard let url = settings.common.redis else { return nil }
        let topics = Topics(clusterName: settings.common.clusterName)
        let patterns = settings.ingestChannels.map { $0 == "*" ? Topics.othersPatterns : [$0] } ?? []
        // Its own heartbeats come back to it: silence means a dead connection.
        return RedisBus(
            RedisEndpoint(url),
            subscriptions: RedisBus.Subscriptions(
                channels: [topics.head, topics.replicas], patterns: patterns),
            hearsItself: true, metrics: metrics, log: log)
    }
}
