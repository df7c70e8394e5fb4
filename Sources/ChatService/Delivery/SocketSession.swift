import EventLoop
import LogLine
import Replication
import Web

/// A client of `GET /ws`: lines and control objects go out, commands come in.
///
/// Each `subscribe` makes a stream of its own position; a channel is in one of them. Writes are passed on in
/// the order in which they came, a bounded number at a time; their acks come as the log answers.
@LoopActor
final class SocketSession {
    private let socket: WebSocketConnection
    private unowned let hub: PushHub
    private var subscriptions = [Subscription]()
    private var waiting = [Subscription]()
    private var waitingWrites = 0

    init(_ socket: WebSocketConnection, of hub: PushHub) {
        self.socket = socket
        self.hub = hub
        hub.add(self)
    }

    func start(_ query: StreamQuery, _ start: StreamStart) {
        say(.hello(position: start.own, replicaID: hub.replicaID))
        if start.isReset { say(.reset(start.position)) }
        open(ChannelFilter(hasAllPublic: query.hasAllPublic, channels: query.channels), after: start.position)
    }

    private func say(_ control: ControlObject) {
        let buffer = ByteBuffer()
        control.encode(into: buffer)
        socket.send(.text, buffer.pointer)
    }

    // MARK: Commands

    private func perform(_ command: SocketCommand) throws(Problem) {
        switch command {
        case .ping: say(.pong)
        case .send(let draft): write(draft)
        case .subscribe(let query): try subscribe(query)
        case .unsubscribe(let channels): unsubscribe(channels)
        }
    }

    private func write(_ draft: Draft) {
        waitingWrites += 1
        if waitingWrites >= DeliveryLimits.waitingWritesPerSocketMax { socket.pauseReading() }
        hub.writes.post(draft) { [self] result in
            waitingWrites -= 1
            socket.resumeReading()
            switch result {
            case .written(let receipt), .repeated(let receipt): say(.ack(receipt))
            case .refused(let problem): say(.error(problem, id: draft.id))
            }
        }
    }

    private func subscribe(_ query: StreamQuery) throws(Problem) {
        guard subscriptions.count < DeliveryLimits.streamsPerSocketMax else {
            throw Problem(
                .malformed, "this socket has \(DeliveryLimits.streamsPerSocketMax) streams already",
                field: "channels")
        }
        let start = try hub.start(query)
        if start.isReset { say(.reset(start.position)) }
        var filter = ChannelFilter(hasAllPublic: query.hasAllPublic, channels: query.channels)
        for subscription in subscriptions { filter.subtract(subscription.filter) }
        guard !filter.isEmpty else { return say(.live(start.position)) }
        open(filter, after: start.position)
    }

    private func unsubscribe(_ channels: [Channel]) {
        for channel in channels {
            for subscription in subscriptions { subscription.remove(channel) }
        }
        subscriptions.removeAll { $0.state == .ended }
    }

    private func open(_ filter: ChannelFilter, after position: Position) {
        guard !filter.isEmpty else { return }
        let subscription = Subscription(filter, after: position.offset, to: self, of: hub.delivery)
        subscriptions.append(subscription)
        subscription.start()
    }

    /// Up to here everything that this client is to get was sent.
    private var delivered: Offset? {
        subscriptions.map { $0.state == .live ? hub.delivery.deliveredLive : $0.delivered }.min()
    }

    private func endAll() {
        for subscription in subscriptions { subscription.end() }
        subscriptions = []
    }
}

extension SocketSession: PushSession {
    var isOpen: Bool { socket.isOpen }

    func drain(reconnectAfter delay: Duration) {
        if let position = hub.position(delivered) { say(.bye(position, retry: delay)) }
        endAll()
        let milliseconds = Int(delay / .milliseconds(1))
        socket.close(Goodbye(.serviceRestart, "reconnect after \(milliseconds) ms"))
    }
}

extension SocketSession: Outlet {
    var hasRoom: Bool { socket.hasRoom }

    func send(_ line: OutgoingLine) { socket.send(line.frame) }

    func joined(at position: Position) { say(.live(position)) }

    func waitForRoom(_ subscription: Subscription) {
        waiting.append(subscription)
        socket.notifyWhenDrained()
    }

    func cut(_ reason: CutReason) {
        endAll()
        socket.close(reason.goodbye)
    }
}

extension SocketSession: WebSocketHandler {
    func received(_ message: WebSocketMessage, on socket: WebSocketConnection) {
        guard message.kind == .text else {
            return socket.close(Goodbye(.unsupportedData, "commands are text frames"))
        }
        do throws(SocketCommand.Refusal) {
            let command = try SocketCommand.decode(message.payload.pointer)
            do throws(Problem) { try perform(command) } catch { say(.error(error, id: nil)) }
        } catch {
            say(.error(error.problem, id: error.id))
        }
    }

    func drained(_ channel: any PushChannel) {
        let waiting = self.waiting
        self.waiting = []
        for subscription in waiting { subscription.room() }
    }

    func overflowed(_ channel: any PushChannel) -> Goodbye {
        defer { endAll() }
        return hub.tooSlow(at: delivered)
    }

    func closed(_ channel: any PushChannel, _ end: PushEnd) {
        endAll()
        hub.remove(self)
    }
}
