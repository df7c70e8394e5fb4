import EventLoop
import LogLine
import LogServing
import Replication
import Web

/// Passes the log's telemetry on to those who listen here: one stream from the log, however many they are,
/// and none while there is nobody.
///
/// Happy path: who comes is owed a window, so a further stream is opened, whose first event it is; it then
/// takes the place of the one before.
/// Failures: a stream that ends or falls silent is opened anew each second; meanwhile those who listen are
/// told `away` each second. A pod's readiness has nothing to do with it.
@LoopActor
final class TelemetryRelay {
    private let streams: TelemetryStreams
    private let upstream: any LogUpstream
    /// What those who are live are told.
    private var current: TelemetryFeed?
    /// Begins with the window that somebody waits for.
    private var next: TelemetryFeed?
    private var lastHeard = Duration.zero
    private var timer: LoopTimer?

    private static let awayFrame = PreparedFrame(ByteSlice(Array("{}".utf8)), event: Array("away".utf8))

    init(to streams: TelemetryStreams, from upstream: any LogUpstream) {
        self.streams = streams
        self.upstream = upstream
        streams.onJoined = { [unowned self] _ in joined() }
    }

    var listenerCount: Int { streams.count }

    func close() {
        streams.close()
        stop()
    }

    private func joined() {
        if timer == nil {
            lastHeard = LoopClock.monotonic
            timer = LoopTimer(every: TelemetryLimits.sampleInterval) { [unowned self] in tick() }
        }
        if next == nil { open() }
    }

    private func open() {
        next = TelemetryFeed(upstream) { [unowned self] feed, event in received(event, from: feed) }
    }

    private func tick() {
        guard !streams.all.isEmpty else { return stop() }
        if LoopClock.monotonic - lastHeard >= TelemetryLimits.silenceMax {
            drop()
            // The next one has as long to begin.
            lastHeard = LoopClock.monotonic
        }
        guard streams.all.contains(where: { !$0.isLive }) else { return }
        // A stream that was opened within the last second may yet begin.
        if next == nil || current == nil {
            for listener in streams.all where !listener.isLive { listener.send(TelemetryRelay.awayFrame) }
        }
        if next == nil { open() }
    }

    private func received(_ event: EventSplitter.Event?, from feed: TelemetryFeed) {
        guard let event else { return ended(feed) }
        lastHeard = LoopClock.monotonic
        let frame = PreparedFrame(ByteSlice(event.data), event: event.name)
        if feed === next {
            for listener in streams.all where !listener.isLive {
                listener.send(frame)
                listener.isLive = true
            }
            current?.cancel()
            (current, next) = (feed, nil)
        } else {
            streams.send(frame)
        }
    }

    private func ended(_ feed: TelemetryFeed) {
        if feed === next { next = nil }
        guard feed === current else { return }
        current = nil
        for listener in streams.all { listener.isLive = false }
    }

    /// Nothing was heard for too long.
    private func drop() {
        for feed in [current, next].compactMap(\.self) {
            feed.cancel()
            ended(feed)
        }
    }

    private func stop() {
        drop()
        timer = nil
    }
}

/// The log's telemetry, read once, event by event.
@LoopActor
private final class TelemetryFeed {
    private var read: (any PassedRead)?
    private var splitter = EventSplitter(bytesMax: TelemetryLimits.eventBytesMax)
    /// Nil at its end, once.
    private var onEvent: ((TelemetryFeed, EventSplitter.Event?) -> Void)?
    private var isRefused = false

    init(_ upstream: any LogUpstream, _ onEvent: @escaping (TelemetryFeed, EventSplitter.Event?) -> Void) {
        self.onEvent = onEvent
        read = upstream.read("/telemetry/events", accept: MediaType.eventStream) { [weak self] event in
            self?.received(event)
        }
    }

    /// Nothing more is heard of it.
    func cancel() {
        onEvent = nil
        read?.cancel()
        read = nil
    }

    private func received(_ event: PassedReadEvent) {
        switch event {
        case .started(let status, _, _): isRefused = status != 200
        case .bytes(let bytes): split(bytes)
        case .ended, .failed: end()
        }
    }

    private func split(_ bytes: UnsafeRawBufferPointer) {
        guard !isRefused else { return }
        do throws(EventSplitter.TooLong) {
            try splitter.receive(bytes) { onEvent?(self, $0) }
        } catch {
            read?.cancel()
            end()
        }
    }

    private func end() {
        read = nil
        let callback = onEvent
        onEvent = nil
        callback?(self, nil)
    }
}
