import EventLoop
import LogLine
import Replication
import Views
import Web

/// A client that is pushed to, as the pod's end sees it.
@LoopActor
protocol PushSession: AnyObject {
    var isOpen: Bool { get }
    /// Until when the token is good that it was opened with, or has shown since; nil: for good.
    var expiry: Timestamp? { get }
    /// Ends it, because its token is good no more.
    func expire()
    /// A line that is no message was applied in a channel that is not public, after it was delivered.
    func entryApplied(_ entry: PrivateEntry)
    /// The presence of accounts is another one now; `frame` says it.
    func show(presence frame: PreparedFrame)
    /// Says goodbye: the client comes back after the delay.
    func drain(reconnectAfter delay: Duration)
}

/// A line that is no message, in a channel that is not public: rooms, accounts and read marks change by them.
struct PrivateEntry {
    let channel: Channel
    let offset: Offset
    /// Whose account it is about; nil: nobody's.
    let author: Author?
    /// Without the newline.
    let line: ByteSlice

    var isAccount: Bool { channel == ChatVocabulary.accountsChannel }
    var isRead: Bool { channel == ChatVocabulary.readsChannel }
}

/// Where a stream begins.
struct StreamStart {
    let position: Position
    /// The pod's own.
    let own: Position
    /// The position asked for is of another log.
    let isReset: Bool
}

/// All clients that are pushed to, and what they share.
@LoopActor
final class PushHub {
    let delivery: Delivery
    let requests: ChatRequests
    let ephemera: Ephemera
    let replicaID: String
    let channels: PushChannels
    private var sessions = [ObjectIdentifier: any PushSession]()
    private var tokenExpiry: TokenExpiry?
    private var lastFilter = ChannelFilter.allPublic

    init(
        delivery: Delivery, requests: ChatRequests, ephemera: Ephemera, replicaID: String, limits: PushLimits
    ) {
        self.delivery = delivery
        self.requests = requests
        self.ephemera = ephemera
        self.replicaID = replicaID
        channels = PushChannels(limits: limits)
        delivery.onPrivateEntry = { [unowned self] entry in
            for session in sessions.values { session.entryApplied(entry) }
        }
        tokenExpiry = TokenExpiry { [unowned self] in expire($0) }
        ephemera.onTyping = { [unowned self] channel, name in show(typing: name, in: channel, from: nil) }
        ephemera.onChange = { [unowned self] in show($0) }
    }

    /// Open connections, those that are closing included.
    var count: Int { channels.count }

    func add(_ session: any PushSession) {
        sessions[ObjectIdentifier(session)] = session
        delivery.isWatchingEntries = true
        tokenExpiry?.watch(session.expiry)
    }

    /// A session shows a token that ends then.
    func watch(_ expiry: Timestamp?) { tokenExpiry?.watch(expiry) }

    private func expire(_ now: Timestamp) -> Timestamp? {
        for session in sessions.values where session.isOpen {
            if let expiry = session.expiry, expiry <= now { session.expire() }
        }
        return sessions.values.filter(\.isOpen).compactMap(\.expiry).min()
    }

    func remove(_ session: any PushSession) {
        sessions[ObjectIdentifier(session)] = nil
        delivery.isWatchingEntries = !sessions.isEmpty
    }

    /// Says goodbye to `share` of those that are open (1: all).
    func drain(share: Double = 1) {
        let open = sessions.values.filter(\.isOpen)
        let count = Int((Double(open.count) * share).rounded(.up))
        for session in open.prefix(count) {
            session.drain(
                reconnectAfter: .milliseconds(
                    Int.random(in: 0...Int(DeliveryLimits.reconnectDelayMax / .milliseconds(1)))))
        }
    }

    // MARK: What is not in the log

    /// Somebody with a socket on this pod writes.
    func typed(_ name: Author, in channel: Channel, from socket: any Outlet) {
        show(typing: name, in: channel, from: socket)
        ephemera.typed(channel, name)
    }

    private func show(typing name: Author, in channel: Channel, from socket: (any Outlet)?) {
        delivery.show(TypingNotice(channel, by: name, from: socket))
    }

    private func show(_ people: [PresentPerson]) {
        for start in stride(from: 0, to: people.count, by: PresenceLimits.peoplePerObjectMax) {
            let part = people[start...].prefix(PresenceLimits.peoplePerObjectMax)
            let buffer = ByteBuffer()
            ControlObject.presence(Array(part)).encode(into: buffer)
            let frame = PreparedFrame(buffer.takeSlice())
            for session in sessions.values { session.show(presence: frame) }
        }
    }

    // MARK: Positions

    /// Where a stream of `query` begins: at the position it names, or with what comes next. A position of
    /// another log is answered by beginning with what comes next, which the client is told.
    func start(_ query: StreamQuery) throws(Problem) -> StreamStart {
        guard let epoch = delivery.source.epoch else {
            throw Problem(.notReady, "this pod has not reached its log yet")
        }
        let own = Position(epoch: epoch, offset: delivery.source.index.last)
        guard let after = query.after else { return StreamStart(position: own, own: own, isReset: false) }
        let isOurs = after.epoch == epoch
        return StreamStart(position: isOurs ? after : own, own: own, isReset: !isOurs)
    }

    /// The channels that `actor` asks for. `.noSuchChannel` for one that they may not read.
    func filter(_ query: StreamQuery, for actor: ChatActor) throws(ChatRefusal) -> ChannelFilter {
        let chat = requests.chat
        _ = try chat.name(of: actor)
        for channel in query.channels { try chat.reading(actor, channel) }
        guard query.hasOwnRooms else {
            return shared(ChannelFilter(hasAllPublic: query.hasAllPublic, channels: query.channels))
        }
        let own = chat.privateRooms(of: try chat.account(of: actor).name).map { Channel(trusted: $0.channel) }
        return ChannelFilter(hasAllPublic: query.hasAllPublic, channels: query.channels + own)
    }

    /// Those who ask for the same, one after another, share its memory.
    private func shared(_ filter: ChannelFilter) -> ChannelFilter {
        if filter != lastFilter { lastFilter = filter }
        return lastFilter
    }

    func position(_ offset: Offset?) -> Position? {
        guard let epoch = delivery.source.epoch else { return nil }
        return Position(epoch: epoch, offset: offset ?? delivery.source.index.last)
    }

    func tooSlow(at offset: Offset?) -> Goodbye {
        Goodbye(.tooSlow, position(offset).map { "resume from \($0)" } ?? "resume from your last position")
    }
}

extension WebSocketCloseCode {
    /// The client did not take what was sent; the reason names the position to resume from.
    static let tooSlow = WebSocketCloseCode(rawValue: 4000)
    /// The log became another one: read anew.
    static let superseded = WebSocketCloseCode(rawValue: 4002)
    /// The account signed out everywhere, has another password, or is deleted; or the token has ended.
    static let signedOut = WebSocketCloseCode(rawValue: 4001)
}

extension CutReason {
    var goodbye: Goodbye {
        switch self {
        case .historyUnavailable:
            Goodbye(.tryAgainLater, "older lines cannot be read from the log now: resume later")
        case .superseded: Goodbye(.superseded, "the log became another one: reconnect and read anew")
        }
    }
}
