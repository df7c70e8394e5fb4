import EventLoop
import LogLine
import Views
import Web

/// A client of `GET /events`: one stream of lines, each an event with its position as id.
@LoopActor
final class EventStreamSession {
    private let stream: EventStream
    private let actor: ChatActor
    private unowned let hub: PushHub
    private var subscription: Subscription?
    private weak var waiting: Subscription?

    init(_ stream: EventStream, of hub: PushHub, as actor: ChatActor) {
        self.stream = stream
        self.actor = actor
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

    /// Ends when its account is signed out; a room that its reader was removed from falls silent.
    func entryApplied(_ entry: PrivateEntry) {
        guard case .account(let name, let generation) = actor else { return }
        let chat = hub.requests.chat
        if entry.isAccount, chat.accounts[name]?.generation != generation {
            subscription?.end()
            stream.close(Goodbye(.signedOut, "signed out"))
        } else if !chat.mayRead(name, entry.channel), !entry.channel.isReserved {
            subscription?.remove(entry.channel)
        }
    }

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
