import EventLoop
import LogLine
import Replication
import Web

/// Who listens to `GET /telemetry/events`: nobody's samples are encoded or sent while nobody does.
///
/// A listener that does not read misses samples; each sample tells the whole, so nothing else is owed.
@LoopActor
public final class TelemetryStreams {
    /// Somebody came: they are owed an event `window` and then samples.
    public var onJoined: (@LoopActor (TelemetryListener) -> Void)?

    private let channels: PushChannels
    fileprivate var listeners: [ObjectIdentifier: TelemetryListener] = [:]
    private var isClosed = false

    /// `channels`: among which they are counted.
    public init(in channels: PushChannels = PushChannels()) { self.channels = channels }

    public var routes: [Route] {
        [Route(.get, "/telemetry/events", isStream: true, { [self] in open($0) })]
    }

    public var count: Int { listeners.count }
    public var all: some Collection<TelemetryListener> { listeners.values }

    /// To those that have got their window.
    public func send(_ frame: PreparedFrame) {
        for listener in listeners.values where listener.isLive { listener.send(frame) }
    }

    /// Says goodbye to all; further ones are refused.
    public func close() {
        isClosed = true
        for listener in listeners.values { listener.close() }
    }

    private func open(_ exchange: Exchange) {
        guard !isClosed else {
            return exchange.respond(Response(Problem(.notReady, "the service is shutting down")))
        }
        guard listeners.count < TelemetryLimits.listenersMax else {
            return exchange.respond(
                Response(Problem(.overloaded, "\(listeners.count) listen to the telemetry already")))
        }
        if let refusal = exchange.admitStream() { return exchange.respond(refusal) }
        exchange.openEventStream(in: channels) { [self] stream in
            let listener = TelemetryListener(stream, of: self)
            listeners[ObjectIdentifier(listener)] = listener
            onJoined?(listener)
            return listener
        }
    }
}

/// One who listens.
@LoopActor
public final class TelemetryListener {
    private let stream: EventStream
    private unowned let streams: TelemetryStreams
    /// Has got its window: samples are for it.
    public var isLive = false

    fileprivate init(_ stream: EventStream, of streams: TelemetryStreams) {
        self.stream = stream
        self.streams = streams
    }

    public func send(_ frame: PreparedFrame) {
        if stream.hasRoom { stream.send(frame) }
    }

    fileprivate func close() { stream.close(Goodbye(.serviceRestart, "the service is shutting down")) }
}

extension TelemetryListener: PushObserver {
    public func closed(_ channel: any PushChannel, _ end: PushEnd) {
        streams.listeners[ObjectIdentifier(self)] = nil
    }
}
