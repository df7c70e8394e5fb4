import EventLoop
import LogLine
import LogServing
import Replication
import Web

/// Looks at the cluster once a second, keeps what it saw for five minutes, and tells those who listen.
///
/// A sample costs a pass over the replicas that are known, and nothing of the log's own work waits for it;
/// it is encoded only when somebody listens.
@LoopActor
final class TelemetrySampler {
    let streams = TelemetryStreams()

    private let core: LogCore
    private let replicas: ReplicaWatch
    private let confirmations: ConfirmationDesk
    private var window = TelemetryWindow()
    private var last: (offset: Offset, bytes: UInt64, at: Duration)
    private var timer: LoopTimer?

    init(core: LogCore, replicas: ReplicaWatch, confirmations: ConfirmationDesk) {
        self.core = core
        self.replicas = replicas
        self.confirmations = confirmations
        last = (core.head, core.index.end, LoopClock.monotonic)
        timer = LoopTimer(every: TelemetryLimits.sampleInterval) { [unowned self] in sample() }
        streams.onJoined = { [unowned self] in welcome($0) }
    }

    private func sample() {
        let now = (offset: core.head, bytes: core.index.end, at: LoopClock.monotonic)
        let seconds = max((now.at - last.at) / .seconds(1), 0.001)
        var lag = LagSummary()
        let readings = readings()
        for reading in readings { lag.add(reading.lag) }
        let sample = TelemetrySample(
            time: Timestamp(milliseconds: LoopClock.wallMilliseconds), offset: now.offset,
            linesPerSecond: UInt64((Double(now.offset - last.offset) / seconds).rounded()),
            bytesPerSecond: UInt64((Double(now.bytes - last.bytes) / seconds).rounded()),
            lag: lag, visible: visible)
        last = now
        window.add(sample, readings)
        if !streams.all.isEmpty { streams.send(frame(of: sample)) }
    }

    private func readings() -> [TelemetryWindow.Reading] {
        let (registry, now) = (replicas.registry, replicas.now)
        return registry.replicas.map { id, replica in
            let lag = registry.lag(of: replica, head: core.head, at: now)
            return TelemetryWindow.Reading(id: id.bytes, lag: lag.lines, lagTime: lag.time)
        }
    }

    /// Over the newest measurements.
    private var visible: TelemetrySample.Visible {
        guard let visibility = confirmations.visibility else { return TelemetrySample.Visible() }
        return TelemetrySample.Visible(
            median: visibility.p50, percentile99: visibility.p99, slowest: visibility.slowest.bytes)
    }

    private func frame(of sample: TelemetrySample) -> PreparedFrame {
        let out = ByteBuffer()
        sample.encode(epoch: core.epoch, into: out) { replicas.encodeReplicas(into: $0) }
        return PreparedFrame(out.takeSlice(), event: Array("sample".utf8))
    }

    /// What is kept, and the newest sample with everything that is known of the replicas now.
    private func welcome(_ listener: TelemetryListener) {
        let out = ByteBuffer()
        window.encode(epoch: core.epoch, into: out)
        listener.send(PreparedFrame(out.takeSlice(), event: Array("window".utf8)))
        listener.isLive = true
        if let newest = window.newest { listener.send(frame(of: newest)) }
    }
}
