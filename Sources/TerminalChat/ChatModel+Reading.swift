import LogLine

/// Going to conversations, loading what was said there, marking it as read.
extension ChatModel {
    /// Read marks are said at most so often.
    private static let readInterval = Duration.milliseconds(500)
    /// How much of a conversation's history a transcript begins with.
    private static let transcriptMessages = 20

    mutating func go(to channel: Channel) {
        let room = store.room(channel)
        self.channel = channel
        anchor = nil
        notices = []
        typingSaid = ChatModel.longAgo
        newBehind = room.unread > 0 ? room.read : nil
        store.change(channel) { _ in }
        transcript("* \(room.name)")
        if room.isLoaded { tellHistory(channel) } else { load(channel) }
    }

    mutating func load(_ channel: Channel) {
        guard isLoaded, !store.room(channel).isLoading else { return }
        store.change(channel) { room in
            room.isLoading = true
            room.timeline.awaitPage()
        }
        effects.append(.request(requestPage(channel)))
    }

    mutating func answered(_ request: ChatRequest, _ result: Result<Answer, Refusal>) {
        switch result {
        case .failure(let refusal):
            if case .page(let channel, _, _) = request { store.change(channel) { $0.isLoading = false } }
            if request != .accounts { note(refusal.message, .trouble) }
        case .success(let answer):
            // What is no JSON is an answer that broke off.
            guard let body = answer.body.withUnsafeBytes({ try? JSONValue($0) }) else {
                return answered(request, .failure(Refusal("the server's answer cannot be read")))
            }
            take(body, of: request, at: answer.position)
        }
    }

    private mutating func take(_ body: JSONValue, of request: ChatRequest, at position: Position?) {
        switch request {
        case .conversations: loaded(body, at: position)
        case .accounts: store.load(accounts: body)
        case .page(let channel, let before, let limit):
            store.load(
                page: body, of: channel, before == nil ? .newest : .older, limit: limit,
                asOf: position?.offset ?? .zero)
            if before == nil { tellHistory(channel) }
        case .room: store.load(room: body)
        case .direct, .makeRoom:
            if let channel = store.load(room: body) { go(to: nameDirect(channel)) }
        case .invite(let name, _):
            store.load(room: body)
            note("\(name) is in this room now.")
        case .leave: note("You have left this room. /rooms lists the others.")
        case .search: showFound(body)
        }
    }

    private mutating func loaded(_ body: JSONValue, at position: Position?) {
        store.load(conversations: body, at: position)
        isLoaded = true
        effects.append(.request(.accounts))
        let first = channel ?? store.list.first { $0.form == .open }?.channel ?? store.list.first?.channel
        if let first { go(to: first) } else { note("Nobody has written yet. /join CHANNEL begins one.") }
    }

    /// `/direct` answers with the members; of a direct conversation the other one is the title.
    private mutating func nameDirect(_ channel: Channel) -> Channel {
        let me = store.me
        store.change(channel) { room in
            guard room.form == .direct, let members = room.members else { return }
            room.title = (members.first { $0 != me } ?? members.first)?.text ?? ""
        }
        return channel
    }

    // MARK: Reading

    /// What is on the screen is read.
    mutating func seeMessages(_ now: Duration) {
        if let channel, anchor == nil, let last = store.room(channel).timeline.last {
            if store.markRead(channel, last) { readToSay = (channel, last) }
        }
        guard let (channel, offset) = readToSay, options.hasAccount, connection.isLive,
            now - readSaid >= ChatModel.readInterval
        else { return }
        readToSay = nil
        readSaid = now
        effects.append(.send(SocketObject.read(channel, offset)))
    }

    // MARK: Words of the program's own

    mutating func note(_ text: String, _ style: ScreenRow.Style = .dim) {
        notices.append(ScreenRow(text, style))
        transcript("* \(text)")
    }

    mutating func transcript(_ text: String) {
        if options.hasTranscript { effects.append(.say(ShownText(text).text)) }
    }

    private mutating func tellHistory(_ channel: Channel) {
        guard options.hasTranscript, channel == self.channel else { return }
        for message in store.room(channel).timeline.messages.suffix(ChatModel.transcriptMessages) {
            tell(message, channel)
        }
    }

    /// A message, in a transcript; of other conversations only what is meant for this person.
    mutating func tell(_ message: ChatMessage, _ channel: Channel) {
        guard options.hasTranscript else { return }
        let room = store.room(channel)
        let isHere = channel == self.channel
        let isMeant = room.form == .direct || store.me?.isMentioned(in: message.text) == true
        guard isHere || isMeant && !store.isMe(message.author) else { return }
        let author = message.author.isEmpty ? "-" : message.author.text
        let place = isHere ? "" : "\(room.name) "
        let text = message.isDeleted ? "(deleted)" : message.text
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for line in lines { transcript("\(place)\(message.offset) \(author): \(line)") }
    }
}
