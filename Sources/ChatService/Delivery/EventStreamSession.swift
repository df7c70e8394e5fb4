import EventLoop
import LogLine
import Views
import Web

/// A client of `GET /events`: one stream of lines, each an event with its position as id.
@LoopActor
final class EventStreamSession {
    private let stream: EventStream
    private let actor: ChatActor
    let expiry: Timestamp?
    private unowned let hub: PushHub
    private var subscription: Subscription?
    private weak var waiting: Subscription?
    /// Its private rooms are followed, also those that come.
    private let followsOwnRooms: Bool

    /// - Parameter expiry: when the token ends that says who `actor` is.
    init(
        _ stream: EventStream, of hub: PushHub, as actor: ChatActor, until expiry: Timestamp?,
        followsOwnRooms: Bool
    ) {
        self.followsOwnRooms = followsOwnRooms
        self.expiry = expiry
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
        subscribe(filter, after: position.offset)
    }

    private func subscribe(_ filter: ChannelFilter, after offset: Offset) {
        let subscription = Subscription(filter, after: offset, to: self, of: hub.delivery)
        self.subscription = subscription
        subscription.start()
    }
}

extension EventStreamSession: PushSession {
    var isOpen: Bool { stream.isOpen }

    func expire() {
        subscription?.end()
        stream.close(Goodbye(.signedOut, "the token has ended"))
    }

    /// Ends when its account is signed out; a room that its reader was removed from falls silent behind that
    /// line, and one that lets them in is heard from that line on.
    func entryApplied(_ entry: PrivateEntry) {
        guard case .account(let name, let generation) = actor else { return }
        let chat = hub.requests.chat
        if entry.isAccount, chat.accounts[name]?.generation != generation {
            subscription?.end()
            stream.close(Goodbye(.signedOut, "signed out"))
        } else if !entry.channel.isReserved {
            if !chat.mayRead(name, entry.channel) {
                subscription?.narrow { $0.remove(entry.channel) }
            } else if followsOwnRooms {
                follow(entry)
            }
        }
    }

    private func follow(_ entry: PrivateEntry) {
        guard let subscription, subscription.state != .ended else {
            let filter = ChannelFilter(hasAllPublic: false, channels: [entry.channel])
            return subscribe(filter, after: entry.offset.previous)
        }
        guard !subscription.filter.carries(entry.channel) else { return }
        subscription.add(
            entry.channel, from: OutgoingLines([entry.line], at: hub.delivery.position(entry.offset)))
    }

    /// Lines alone are events.
    func show(presence frame: PreparedFrame) {}

    func drain(reconnectAfter delay: Duration) {
        subscription?.end()
        stream.close(Goodbye(.serviceRestart, "this pod is shutting down", reconnectDelay: delay))
    }
}

extension EventStreamSession: Outlet {
    var hasRoom: Bool { stream.hasRoom }

    func send(_ lines: OutgoingLines) { stream.send(lines.frame) }

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
