import EventLoop
import LogLine
import Operations
import Replication
import Views
import Web

/// A client of `GET /ws`: lines and control objects go out, commands come in.
///
/// Each `subscribe` makes a stream of its own position; a channel is in one of them. Writes are passed on in
/// the order in which they came, a bounded number at a time; their acks come as the log answers.
@LoopActor
final class SocketSession {
    private let socket: WebSocketConnection
    private unowned let hub: PushHub
    // The small ones stand together: a pod keeps one of these for each of its sockets.
    /// Nil: a token is wanted, and none was shown yet.
    private var actor: ChatActor?
    /// Its private rooms are followed, also those that come.
    private var followsOwnRooms = false
    private var followsPresence = false
    private var attendance = Attendance.online
    /// At most `DeliveryLimits.waitingWritesPerSocketMax`, and what came in the same turn.
    private var waitingWrites: UInt32 = 0
    private(set) var expiry: Timestamp?
    /// Rooms of its own that the client has unsubscribed from, each with the line that had made it a member:
    /// not followed again by themselves while that is so.
    private var declined = [Channel: Offset]()
    private var subscriptions = [Subscription]()
    private var waiting = [Subscription]()
    /// What it has used of MESSAGES_PER_SECOND.
    private var rate = RateBucket()
    /// The account that is shown as being here, while it is.
    private var attending: [UInt8]?
    private var typingPace = TypingPace()

    /// - Parameter expiry: when the token ends that says who `actor` is.
    init(_ socket: WebSocketConnection, of hub: PushHub, as actor: ChatActor?, until expiry: Timestamp?) {
        self.socket = socket
        self.hub = hub
        self.actor = actor
        self.expiry = expiry
        hub.add(self)
    }

    func start(_ query: StreamQuery, _ filter: ChannelFilter?, _ start: StreamStart) {
        say(.hello(position: start.own, replicaID: hub.replicaID))
        attend()
        if start.isReset { say(.reset(start.position)) }
        guard let filter else { return }
        followsOwnRooms = query.hasOwnRooms
        open(filter, after: start.position)
    }

    private func say(_ control: ControlObject) {
        let buffer = ByteBuffer()
        control.encode(into: buffer)
        socket.send(.text, buffer.pointer)
    }

    // MARK: Commands

    private func perform(_ command: SocketCommand) throws(Problem) {
        if command.isWrite { try hub.requests.admission.admit(&rate, as: actor) }
        switch command {
        case .ping: say(.pong)
        case .auth(let token): try authenticate(token)
        case .send(let draft, let confirmation): try post(draft, confirmation)
        case .change(let change, let channel, let offset, let author, let id):
            try perform(change, channel, offset, id, by: try actor(author))
        case .read(let channel, let offset, let id):
            let actor = try actor(nil)
            write(id) { (chat) throws(ChatRefusal) in try chat.readMark(channel, offset, by: actor) }
        case .typing(let channel, let author): try type(in: channel, as: author)
        case .presence(let attendance): try show(attendance)
        case .subscribe(let query): try subscribe(query)
        case .unsubscribe(let query): try decline(query)
        }
    }

    /// Who the socket speaks for: its account, or whoever the command says.
    private func actor(_ author: Author?) throws(Problem) -> ChatActor {
        switch actor {
        case .account: return actor ?? .open(nil)
        case .open: return .open(author)
        case nil: throw Problem(.signInRequired, "send {\"type\":\"auth\",\"token\":…} first")
        }
    }

    private func authenticate(_ token: [UInt8]) throws(Problem) {
        let actor = try hub.requests.identification.actor(token, in: hub.requests.chat)
        let name = try Problem.from(chat: { () throws(ChatRefusal) in try hub.requests.chat.name(of: actor) })
        endStreams(unlessOf: actor)
        self.actor = actor
        expiry = hub.requests.identification.expiry(of: token)
        hub.watch(expiry)
        say(.signedIn(name ?? []))
        attend()
    }

    /// An account's streams end when the socket speaks for another one: the first one's sign-out, expiry and
    /// removals are not watched any more. What nobody's socket follows is public, and stays.
    private func endStreams(unlessOf next: ChatActor) {
        guard case .account(let name, _) = actor else { return }
        if case .account(name, _) = next { return }
        endAll()
        waiting = []
        followsOwnRooms = false
        declined = [:]
    }

    // MARK: What is not in the log

    /// From now on the socket's account is here, and is told who else is.
    private func attend() {
        leave()
        guard case .account(let name, let generation) = actor,
            let account = hub.requests.chat.accounts[name], account.generation == generation
        else { return }
        attending = account.name
        hub.ephemera.arrived(account.name, attendance)
        followPresence()
    }

    private func leave() {
        guard let name = attending.take() else { return }
        hub.ephemera.left(name, attendance)
    }

    private func followPresence() {
        followsPresence = true
        say(.people(Array(hub.ephemera.people.prefix(PresenceLimits.peoplePerObjectMax))))
    }

    /// Those without account are not shown, but see who is there once they ask.
    private func show(_ attendance: Attendance) throws(Problem) {
        _ = try actor(nil)
        if !followsPresence { followPresence() }
        guard attendance != self.attendance else { return }
        if let attending {
            hub.ephemera.arrived(attending, attendance)
            hub.ephemera.left(attending, self.attendance)
        }
        self.attendance = attendance
    }

    /// Without a name there is nobody to show.
    private func type(in channel: Channel, as author: Author?) throws(Problem) {
        let actor = try actor(author)
        let name = try Problem.from(chat: { () throws(ChatRefusal) in
            try hub.requests.chat.writer(actor, in: channel)
        })
        guard let name, typingPace.admits(channel.bytes, at: LoopClock.monotonic) else { return }
        hub.typed(name, in: channel, from: self)
    }

    // MARK: Writes

    private func post(_ draft: Draft, _ confirmation: WriteConfirmation) throws(Problem) {
        let actor = try actor(draft.author)
        typingPace.sent(draft.channel.bytes)
        guard let replyTo = draft.replyTo else {
            return write(draft.id, confirmation: confirmation, answered: .atOnce) {
                (chat) throws(ChatRefusal) in try chat.post(draft, by: actor)
            }
        }
        hub.requests.target(replyTo) { [self] found in
            switch found {
            case .failure(let problem): say(.error(problem, id: draft.id))
            case .success(let target):
                write(draft.id, confirmation: confirmation, answered: .atOnce) { (chat) throws(ChatRefusal) in
                    try chat.post(draft, by: actor, answering: target)
                }
            }
        }
    }

    private func perform(
        _ change: SocketCommand.Change, _ channel: Channel, _ offset: Offset, _ id: MessageID?,
        by actor: ChatActor
    ) throws(Problem) {
        try Problem.from(chat: { () throws(ChatRefusal) in try hub.requests.chat.reading(actor, channel) })
        hub.requests.message(offset, in: channel) { [self] found in
            switch found {
            case .failure(let problem): say(.error(problem, id: id))
            case .success(let message):
                write(id) { (chat) throws(ChatRefusal) in
                    try change.draft(of: message.target, in: chat, by: actor)
                }
            }
        }
    }

    private func write(
        _ id: MessageID?, confirmation: WriteConfirmation? = nil, answered moment: Writes.Moment = .whenShown,
        _ decision: @escaping Writes.Decision
    ) {
        waitingWrites += 1
        if waitingWrites >= DeliveryLimits.waitingWritesPerSocketMax { socket.pauseReading() }
        hub.requests.writes.perform(
            id: id, confirmation: confirmation, answered: moment, decision
        ) { [self] result in
            waitingWrites -= 1
            socket.resumeReading()
            switch result {
            case .written(let receipt), .repeated(let receipt): say(.ack(receipt))
            case .refused(let problem): say(.error(problem, id: id))
            case nil: say(.unchanged(id: id))
            }
        }
    }

    // MARK: Streams

    private func subscribe(_ query: StreamQuery) throws(Problem) {
        guard subscriptions.count < DeliveryLimits.streamsPerSocketMax else {
            throw Problem(
                .malformed, "this socket has \(DeliveryLimits.streamsPerSocketMax) streams already",
                field: "channels")
        }
        let actor = try actor(nil)
        var filter = try Problem.from(chat: { () throws(ChatRefusal) in try hub.filter(query, for: actor) })
        let start = try hub.start(query)
        if start.isReset { say(.reset(start.position)) }
        if query.hasOwnRooms {
            followsOwnRooms = true
            declined = [:]
        }
        for channel in query.channels { declined[channel] = nil }
        for subscription in subscriptions { filter.subtract(subscription.filter) }
        guard !filter.isEmpty else { return say(.live(start.position)) }
        open(filter, after: start.position)
    }

    /// The client wants no more of these.
    private func decline(_ query: StreamQuery) throws(Problem) {
        let countMax = DeliveryLimits.channelsPerStreamMax - query.channels.count { $0.isPublic }
        guard query.hasAllPublic || subscriptions.allSatisfy({ $0.filter.exceptionCount <= countMax }) else {
            throw Problem(
                .malformed,
                "more than \(DeliveryLimits.channelsPerStreamMax) channels would be left out of *",
                field: "channels")
        }
        if query.hasOwnRooms {
            followsOwnRooms = false
            declined = [:]
            narrow { $0.subtractPrivate() }
        }
        decline(query.channels.filter { !$0.isPublic })
        let gone = ChannelFilter(hasAllPublic: query.hasAllPublic, channels: query.channels)
        narrow { $0.subtract(gone) }
    }

    /// Of rooms that the client does not get nothing has to be remembered; public channels' streams do that.
    private func decline(_ rooms: [Channel]) {
        guard case .account(let name, _) = actor else { return }
        for room in rooms where subscriptions.contains(where: { $0.filter.carries(room) }) {
            declined[room] = hub.requests.chat.joined(name, room)
        }
    }

    private func narrow(_ change: (inout ChannelFilter) -> Void) {
        for subscription in subscriptions { subscription.narrow(change) }
        subscriptions.removeAll { $0.state == .ended }
        // A client that takes nothing may ask for streams and leave them again and again.
        waiting.removeAll { $0.state == .ended }
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

    func expire() {
        endAll()
        socket.close(Goodbye(.signedOut, "the token has ended"))
    }

    func entryApplied(_ entry: PrivateEntry) {
        guard case .account(let name, let generation) = actor else { return }
        if entry.isAccount {
            guard hub.requests.chat.accounts[name]?.generation != generation else { return }
            endAll()
            socket.close(Goodbye(.signedOut, "signed out"))
        } else if entry.isRead {
            guard let author = entry.author, hub.requests.chat.accounts[author.bytes]?.name == name,
                let (channel, offset) = hub.requests.chat.readMark(in: entry.line.pointer)
            else { return }
            say(.read(channel, offset))
        } else {
            roomChanged(entry, name)
        }
    }

    /// A member follows the room from the line that made them one, unless they unsubscribed from it since;
    /// who is removed gets nothing behind that line.
    private func roomChanged(_ entry: PrivateEntry, _ name: [UInt8]) {
        guard hub.requests.chat.mayRead(name, entry.channel) else {
            declined[entry.channel] = nil
            return narrow { $0.remove(entry.channel) }
        }
        guard followsOwnRooms, let joined = hub.requests.chat.joined(name, entry.channel) else { return }
        // What was applied together with the entry counts already: the client may have come again since.
        guard declined[entry.channel] != joined else { return }
        declined[entry.channel] = nil
        var filter = ChannelFilter(hasAllPublic: false, channels: [entry.channel])
        for subscription in subscriptions { filter.subtract(subscription.filter) }
        let first = max(entry.offset, joined)
        open(filter, after: Position(epoch: hub.delivery.position(first).epoch, offset: first.previous))
    }

    func show(presence frame: PreparedFrame) {
        if followsPresence { socket.send(frame) }
    }

    func drain(reconnectAfter delay: Duration) {
        if let position = hub.position(delivered) { say(.bye(position, retry: delay)) }
        endAll()
        let milliseconds = Int(delay / .milliseconds(1))
        socket.close(Goodbye(.serviceRestart, "reconnect after \(milliseconds) ms"))
    }
}

extension SocketSession: Outlet {
    var hasRoom: Bool { socket.hasRoom }

    func send(_ lines: OutgoingLines) { socket.send(lines.frame) }

    func joined(at position: Position) { say(.live(position)) }

    func waitForRoom(_ subscription: Subscription) {
        waiting.append(subscription)
        socket.notifyWhenDrained()
    }

    /// Who does not keep up with lines misses this; a channel that is not public only shows it to those who
    /// may read there.
    func show(_ typing: TypingNotice) {
        let account: [UInt8]? = if case .account(let name, _) = actor { name } else { nil }
        guard !typing.isOwn(of: self, account: account), socket.hasRoom,
            hub.requests.chat.mayRead(account, typing.channel)
        else { return }
        socket.send(typing.frame)
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
            do throws(Problem) { try perform(command) } catch { say(.error(error, id: command.id)) }
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
        leave()
        hub.remove(self)
    }
}
