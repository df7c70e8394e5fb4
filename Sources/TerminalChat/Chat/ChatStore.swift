import LogLine

/// All that is known of the conversations, folded from the log's lines and the server's answers. A line that
/// comes twice changes nothing.
struct ChatStore: Sendable {
    /// Amendments that are kept for pages which were read before them.
    static let amendmentsMax = 2_000
    static let roomsMax = 10_000
    static let peopleMax = 10_000
    static let typingTime = Duration.seconds(6)

    /// Who uses the terminal; nil: nobody said yet.
    var me: PersonName?
    private(set) var rooms: [Channel: Room] = [:]
    private(set) var people: [PersonName: Presence?] = [:]
    /// Everything up to here was seen.
    private(set) var position: Position?
    private var amendments = [Amendment]()

    enum Presence: Sendable { case online, away, offline }

    // MARK: Access

    func room(_ channel: Channel) -> Room { rooms[channel] ?? Room(channel) }

    mutating func change(_ channel: Channel, _ body: (inout Room) -> Void) {
        guard rooms[channel] != nil || rooms.count < ChatStore.roomsMax else { return }
        body(&rooms[channel, default: Room(channel)])
    }

    func isMe(_ name: PersonName) -> Bool { me == name }

    /// Those with most recent messages first.
    var list: [Room] {
        rooms.values.sorted { ($0.last, $0.channel.bytes.count) > ($1.last, $1.channel.bytes.count) }
    }

    /// Messages of other rooms that were not read.
    func unread(besides channel: Channel) -> [Room] {
        list.filter { $0.unread > 0 && $0.channel != channel }
    }

    func typists(in channel: Channel, now: Duration) -> [PersonName] {
        let typing = rooms[channel]?.typing.filter { $0.value > now } ?? [:]
        return typing.keys.sorted { $0.folded.lexicographicallyPrecedes($1.folded) }
    }

    // MARK: Positions

    mutating func reached(_ position: Position) {
        if let old = self.position, old.epoch == position.epoch, old.offset > position.offset { return }
        self.position = position
    }

    /// The log became another one: nothing of the old one counts.
    mutating func reset() {
        rooms = [:]
        amendments = []
        position = nil
    }

    // MARK: Answers

    /// `/conversations`: private rooms that are not in it are gone.
    mutating func load(conversations: JSONValue, at position: Position?) {
        var named = Set<Channel>()
        for one in conversations.elements ?? [] {
            if let channel = load(room: one) { named.insert(channel) }
        }
        rooms = rooms.filter { !$0.key.isPrivate || named.contains($0.key) }
        if let position { reached(position) }
    }

    /// What an answer says of one room; returns which one.
    @discardableResult
    mutating func load(room answer: JSONValue) -> Channel? {
        // What is no channel is not shown.
        guard let channel = try? answer["channel"]?.bytes.map({ try Channel(validating: $0) }) else {
            return nil
        }
        change(channel) { $0.describe(answer) }
        for member in rooms[channel]?.members ?? [] { meet(member) }
        if rooms[channel]?.form == .direct, let title = rooms[channel]?.title { meet(PersonName(title)) }
        return channel
    }

    enum Page: Sendable { case newest, older }

    /// A page of `/messages/{channel}`. `limit`: how many were asked for.
    mutating func load(page: JSONValue, of channel: Channel, _ kind: Page, limit: Int, asOf: Offset) {
        let lines = page.elements ?? []
        let messages = lines.compactMap { ChatMessage($0, asOf: asOf) }.map { brought($0, in: channel) }
        let hasStart = lines.count < limit
        change(channel) { room in
            switch kind {
            case .newest: room.timeline.replace(messages, hasStart: hasStart)
            case .older: room.timeline.addOlder(messages, hasStart: hasStart)
            }
            room.isLoading = false
            room.isLoaded = true
            room.last = max(room.last, messages.last?.offset ?? .zero)
        }
        for message in messages { meet(message.author) }
    }

    /// Up to the stream's position.
    private func brought(_ message: ChatMessage, in channel: Channel) -> ChatMessage {
        var message = message
        for one in amendments where one.channel == channel { message.apply(one) }
        return message
    }

    mutating func load(accounts: JSONValue) {
        for one in accounts.elements ?? [] where one["deleted"]?.boolean != true {
            if let name = one["name"]?.bytes { meet(PersonName(name)) }
        }
    }

    // MARK: Lines

    /// One line of the log. Returns the message that is news, if it is one.
    mutating func apply(line: JSONValue, isJoined: Bool) -> (channel: Channel, message: ChatMessage)? {
        guard let offset = line["offset"]?.offset,
            let channel = try? line["channel"]?.bytes.map({ try Channel(validating: $0) })
        else { return nil }
        if isJoined, let position, offset > position.offset {
            self.position = Position(epoch: position.epoch, offset: offset)
        }
        if let amendment = Amendment(line, in: channel) {
            amendments.append(amendment)
            if amendments.count > ChatStore.amendmentsMax { amendments.removeFirst() }
            change(channel) { $0.timeline.apply(amendment) }
        } else if line["kind"]?.text == "room" {
            apply(room: line, channel)
        } else if let message = ChatMessage(line) {
            return apply(message, channel) ? (channel, message) : nil
        }
        return nil
    }

    /// Whether it is news.
    private mutating func apply(_ message: ChatMessage, _ channel: Channel) -> Bool {
        meet(message.author)
        let me = self.me
        var isNews = false
        change(channel) { room in
            room.timeline.append(message)
            room.typing[message.author] = nil
            isNews = message.offset > room.last
            guard isNews else { return }
            room.last = message.offset
            if message.author == me {
                room.read = message.offset
                room.unread = 0
                room.mentions = 0
            } else if message.offset > room.read {
                room.unread += 1
                if me?.isMentioned(in: message.text) == true { room.mentions += 1 }
            }
        }
        return isNews
    }

    private mutating func apply(room line: JSONValue, _ channel: Channel) {
        guard let data = line["data"] else { return }
        let name = data["name"]?.bytes.map(PersonName.init)
        if data["op"]?.text == "remove", let name, isMe(name), channel.isPrivate {
            rooms[channel] = nil
            return
        }
        let isDirect = data["op"]?.text == "direct"
        let named = (data["members"]?.elements ?? []).compactMap { $0.bytes.map(PersonName.init) }
        change(channel) { room in
            if isDirect { room.form = .direct }
            if let title = data["title"]?.text { room.title = title }
        }
        for name in named + [name].compactMap({ $0 }) { meet(name) }
        if isDirect, let other = named.first(where: { !isMe($0) }) ?? named.first {
            change(channel) { if $0.title.isEmpty { $0.title = other.text } }
        }
    }

    // MARK: Reading

    /// Everything up to `offset` was read, here or on another device. Returns whether that is news.
    @discardableResult
    mutating func markRead(_ channel: Channel, _ offset: Offset) -> Bool {
        guard let room = rooms[channel], offset > room.read || room.unread > 0 else { return false }
        change(channel) { room in
            room.read = max(room.read, offset)
            guard room.last <= room.read else { return }
            room.unread = 0
            room.mentions = 0
        }
        return offset > room.read
    }

    // MARK: What is never in the log

    mutating func typing(_ name: PersonName, in channel: Channel, now: Duration) {
        guard !isMe(name), rooms[channel] != nil else { return }
        change(channel) { $0.typing[name] = now + ChatStore.typingTime }
    }

    mutating func presence(_ control: JSONValue) {
        for one in control["people"]?.elements ?? [control] {
            guard let name = one["name"]?.bytes else { continue }
            switch one["state"]?.text {
            case "online": people[PersonName(name)] = .online
            case "away": people[PersonName(name)] = .away
            default: people[PersonName(name)] = .offline
            }
        }
    }

    private mutating func meet(_ name: PersonName) {
        guard !name.isEmpty, people[name] == nil, people.count < ChatStore.peopleMax else { return }
        people[name] = .some(nil)
    }
}
