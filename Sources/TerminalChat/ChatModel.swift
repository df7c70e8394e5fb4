import LogLine

/// The terminal client's whole state: what happens comes in, what is to be done and what is to be seen comes
/// out. No I/O, no clock, no randomness: the time is given with each event, the ids begin with what is given.
///
/// Happy path: the conversations are asked for; a socket opens and says `hello`; (`auth`, `signed_in`;)
/// `subscribe` from the position reached; lines; `live`; what waits to be sent is sent.
/// Failures: when the connection breaks, what was not acknowledged is sent again with its id on the next one,
/// which resumes from the position reached. A `reset` starts everything over.
public struct ChatModel: Sendable {
    public struct Options: Sendable {
        /// Nil: nobody may write; what is public can be read.
        public var name: String?
        /// Whether the name is an account's, for which there is a token.
        public var hasAccount: Bool
        /// Where to begin; nil: where the newest message is.
        public var channel: Channel?
        /// What ids of writes begin with: different in each run, hard to guess.
        public var idPrefix: String
        public var secondsFromUTC = 0
        /// Says what happens line by line, for what is no screen.
        public var hasTranscript = false

        public init(name: String?, hasAccount: Bool, channel: Channel?, idPrefix: String) {
            self.name = name
            self.hasAccount = hasAccount
            self.channel = channel
            self.idPrefix = idPrefix
        }
    }

    public enum Event: Sendable {
        case key(Key)
        /// A whole line, of what is no terminal.
        case line(String)
        case resized(columns: Int, rows: Int)
        /// Some time has passed.
        case tick
        case connection(Connection)
        /// A text of the socket.
        case received([UInt8])
        /// The body of an answer, as of the position where the server said one; or what is wrong.
        case answered(ChatRequest, Result<Answer, Refusal>)
    }

    public struct Answer: Sendable {
        public let body: [UInt8]
        public let position: Position?

        public init(body: [UInt8], position: Position?) {
            self.body = body
            self.position = position
        }
    }

    public struct Refusal: Error, Sendable {
        public let message: String
        public init(_ message: String) { self.message = message }
    }

    public enum Connection: Equatable, Sendable {
        case connecting(String)
        /// Connected; what was missed is coming.
        case catchingUp(String)
        case live(String)
        /// Until the next attempt.
        case broken(reason: String, retry: Duration)
        case signedOut(String)

        var isLive: Bool {
            if case .live = self { return true }
            return false
        }
    }

    public enum Effect: Equatable, Sendable {
        case send([UInt8])
        /// To show the token on the socket.
        case authenticate
        case request(ChatRequest)
        /// The log became another one: connect anew, with the conversations asked for first.
        case restart
        /// The server shuts down, and wants to be left alone for so long.
        case goodbye(retry: Duration)
        /// The token is not good any more.
        case signOut(String)
        case say(String)
        case suspend, redraw, quit
    }

    // MARK: State

    let options: Options
    var store = ChatStore()
    var outbox = Outbox()
    var editor = LineEditor()
    var completion = Completion()
    public internal(set) var connection = Connection.connecting("")
    public internal(set) var channel: Channel?
    /// Whether the conversations are known: without them no socket is opened.
    public internal(set) var isLoaded = false
    /// The log's offset at which reading this conversation began.
    var newBehind: Offset?
    var anchor: MessagePane.Anchor?
    var notices = [ScreenRow]()
    var columns = 80
    var rows = 24
    var writeCount = 0
    var typingSaid = ChatModel.longAgo
    var readToSay: (channel: Channel, offset: Offset)?
    private var isSigningIn = false
    var readSaid = ChatModel.longAgo
    /// What the event that is being handled asks for.
    var effects = [Effect]()

    /// Before any time that is told.
    static let longAgo = Duration.seconds(-3600)

    public init(_ options: Options) {
        self.options = options
        channel = options.channel
        store.me = options.name.map { PersonName($0) }
    }

    /// Nothing of what was written waits for the server.
    public var isSettled: Bool { outbox.isSettled }
    /// Something of it was refused.
    public var hasRefusals: Bool { outbox.hasRefusals }

    // MARK: Events

    public mutating func handle(_ event: Event, now: Duration) -> [Effect] {
        effects = []
        switch event {
        case .key(let key): press(key, now)
        case .line(let line): submit(line, now)
        case .resized(let columns, let rows):
            self.columns = max(20, columns)
            self.rows = max(6, rows)
            effects.append(.redraw)
        case .tick: break
        case .connection(let connection): changed(connection)
        case .received(let text): received(text, now)
        case .answered(let request, let result): answered(request, result)
        }
        if connection.isLive {
            for write in outbox.takeDue(now: now) {
                effects.append(.send(SocketObject.write(write, author: writtenAuthor)))
            }
        }
        seeMessages(now)
        return effects
    }

    /// Who has no account says who they are.
    var writtenAuthor: PersonName? { options.hasAccount ? nil : store.me }

    func requestPage(_ channel: Channel, before: Offset? = nil) -> ChatRequest {
        .page(channel, before: before, limit: ChatModel.pageMessages)
    }

    static let pageMessages = 100

    // MARK: Connection

    private mutating func changed(_ connection: Connection) {
        let old = self.connection
        self.connection = connection
        if old.isLive, !connection.isLive { outbox.connectionLost() }
        switch connection {
        case .broken(let reason, _): transcript("* not connected: \(reason)")
        case .signedOut(let reason): note("Signed out: \(reason)", .trouble)
        case .connecting, .catchingUp, .live: break
        }
    }

    private mutating func received(_ text: [UInt8], _ now: Duration) {
        // What is no JSON is passed over, as is what is not known.
        guard let object = text.withUnsafeBytes({ try? JSONValue($0) }) else { return }
        guard let type = object["type"]?.text else { return receivedLine(object) }
        receivedControl(type, object, now)
    }

    private mutating func receivedControl(_ type: String, _ object: JSONValue, _ now: Duration) {
        let channel = object["channel"]?.bytes.map { Channel(trusted: $0) }
        switch type {
        case "hello":
            isSigningIn = options.hasAccount
            if options.hasAccount { effects.append(.authenticate) } else { subscribe(["*"]) }
        case "signed_in":
            isSigningIn = false
            if let name = object["name"]?.bytes { store.me = PersonName(name) }
            subscribe(["*", "@me"])
        case "live": becameLive(object)
        case "reset": startOver()
        case "ack":
            guard let id = object["id"]?.bytes else { return }
            outbox.acknowledged(id, object["offset"]?.offset)
        case "error": refused(object, now)
        case "read":
            guard let channel, let offset = object["offset"]?.offset else { return }
            store.markRead(channel, offset)
        case "typing":
            guard let channel, let name = object["name"]?.bytes else { return }
            store.typing(PersonName(name), in: channel, now: now)
        case "presence": store.presence(object)
        case "bye":
            let milliseconds = object["retry_ms"]?.number ?? 0
            effects.append(.goodbye(retry: .milliseconds(Int64(min(milliseconds, 3_600_000)))))
        default: break
        }
    }

    private mutating func subscribe(_ channels: [String]) {
        effects.append(.send(SocketObject.subscribe(channels, after: store.position)))
    }

    private mutating func becameLive(_ object: JSONValue) {
        if let position = object["position"]?.text.flatMap({ Position($0) }) { store.reached(position) }
        if case .catchingUp(let server) = connection { connection = .live(server) }
        if case .broken = connection { return }
        if !options.hasAccount {
            effects.append(.send(SocketObject.object("presence", ["state": .text("online")])))
        }
        if let channel, !store.room(channel).isLoaded { load(channel) }
    }

    /// The log became another one.
    private mutating func startOver() {
        store.reset()
        isLoaded = false
        anchor = nil
        newBehind = nil
        outbox.connectionLost()
        effects.append(.restart)
    }

    private mutating func refused(_ object: JSONValue, _ now: Duration) {
        let problem = object["problem"]
        let reason = problem?["detail"]?.text ?? problem?["title"]?.text ?? "the server refused it"
        if isSigningIn {
            isSigningIn = false
            effects.append(problem?["status"]?.number == 401 ? .signOut(reason) : .restart)
            return
        }
        guard let id = object["id"]?.bytes else { return }
        let retryAt = object["retry_after"]?.number.map { now + .seconds(Int64(min($0, 3600))) }
        guard let write = outbox.refused(id, reason, retryAt: retryAt) else { return }
        if write.messageText == nil {
            outbox.arrived(id, in: write.channel)
            note(reason, .trouble)
        } else {
            transcript("* not sent: \(reason)")
        }
    }

    private mutating func receivedLine(_ line: JSONValue) {
        if let id = line["id"]?.bytes, let channel = line["channel"]?.bytes,
            store.isMe(PersonName(line["author"]?.bytes ?? []))
        {
            outbox.arrived(id, in: Channel(trusted: channel))
        }
        let isJoined = connection.isLive || !options.hasAccount
        if let news = store.apply(line: line, isJoined: isJoined) { tell(news.message, news.channel) }
        if line["kind"]?.text == "room" { meetRoom(line) }
    }

    /// A room that was unknown, or that is not there any more.
    private mutating func meetRoom(_ line: JSONValue) {
        guard let bytes = line["channel"]?.bytes else { return }
        let channel = Channel(trusted: bytes)
        if channel == self.channel, channel.isPrivate, store.rooms[channel] == nil {
            note("You are not in this room any more.", .trouble)
        } else if options.hasAccount, channel.isPrivate, store.rooms[channel] != nil {
            effects.append(.request(.room(channel)))
        }
    }
}
