import EventLoop
import LogLine
import Web

/// A client of `GET /events`: one stream of lines, each an event with its position as id.
@LoopActor
final class EventStreamSession {
    private let stream: EventStream
    private unowned let hub: PushHub
    private var subscription: Subscription?
    private weak var waiting: Subscription?

    init(_ stream: EventStream, of hub: PushHub) {
        self.stream = stream
        self.hub = hub
        hub.add(self)
    }

    /// - Parameter isReset: the position asked for is of another log; the client is told where it starts.
    func start(_ filter: ChannelFilter, after position: Position, isReset: Bool) {
        if isReset {
            let buffer = ByteBuffer()
            buffer.append(utf8: "{\"position\":\"\(position)\"}")
            stream.send(
                PreparedFrame(
                    buffer.takeSlice(), id: Array(position.description.utf8), event: Array("reset".utf8)))
        }
        let subscription = Subscription(filter, after: position.offset, to: self, of: hub.delivery)
        self.subscription = subscription
        subscription.start()
    }
}

extension EventStreamSession: PushSession {
    var isOpen: Bool { stream.isOpen }

    func drain(reconnectAfter delay: Duration) {
        subscription?.end()
        stream.close(Goodbye(.serviceRestart, "this pod is shutting down", reconnectDelay: delay))
    }
}

extension EventStreamSession: Outlet {
    var hasRoom: Bool { stream.hasRoom }

    func send(_ line: OutgoingLine) { stream.send(line.frame) }

    func joined(at position: Position) {}

    func waitForRoom(_ subscription: Subscription) {
        waiting = subscription
        stream.notifyWhenDrained()
    }

    func cut(_ reason: CutReason) { stream.close(reason.goodbye) }
}

extension EventStreamSession: PushObserver {
    func drained(_ channel: any PushChannel) { waiting.take()?.room() }

    func overflowed(_ channel: any PushChannel) -> Goodbye {
        defer { subscription?.end() }
        return hub.tooSlow(at: subscription?.delivered)
    }

    func closed(_ channel: any PushChannel, _ end: PushEnd) {
        subscription?.end()
        hub.remove(self)
    }
}
