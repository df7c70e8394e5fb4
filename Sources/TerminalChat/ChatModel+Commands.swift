import LogLine

extension ChatModel {
    /// What somebody has written.
    mutating func submit(_ line: String, _ now: Duration) {
        guard line.contains(where: { !$0.isWhitespace }) else { return }
        do throws(ChatCommand.Mistake) {
            try perform(try ChatCommand.parse(line))
        } catch {
            note(error.message, .trouble)
        }
    }

    private mutating func perform(_ command: ChatCommand) throws(ChatCommand.Mistake) {
        switch command {
        case .say(let text): try write(.message(text, replyTo: nil))
        case .reply(let target, let text):
            try write(.message(text, replyTo: try offset(target, isOwn: false)))
        case .edit(let target, let text): try write(.edit(try offset(target, isOwn: true), text))
        case .delete(let target): try write(.delete(try offset(target, isOwn: true)))
        case .react(let target, let emoji, let isOn):
            try write(.react(try offset(target, isOwn: false), emoji, isOn: isOn))
        case .join(let name): try join(name)
        case .direct(let name):
            try requireAccount("Direct conversations")
            effects.append(.request(.direct(name)))
        case .makeRoom(let title):
            try requireAccount("Private rooms")
            effects.append(.request(.makeRoom(title: title)))
        case .invite(let name):
            effects.append(.request(.invite(name, try here())))
        case .leave:
            guard let me = store.me else { throw mistake("nobody is in a room without a name") }
            effects.append(.request(.leave(name: me.text, try here())))
        case .search(let words): effects.append(.request(.search(words)))
        case .rooms: showRooms()
        case .people: showPeople()
        case .help: showHelp()
        case .quit: effects.append(.quit)
        }
    }

    private func mistake(_ message: String) -> ChatCommand.Mistake { ChatCommand.Mistake(message: message) }

    private func requireAccount(_ what: String) throws(ChatCommand.Mistake) {
        guard options.hasAccount else { throw mistake("\(what) need an account: chatctl login NAME") }
    }

    private func here() throws(ChatCommand.Mistake) -> Channel {
        guard let channel else { throw mistake("go to a channel first: /join CHANNEL") }
        return channel
    }

    private mutating func write(_ content: OutgoingWrite.Content) throws(ChatCommand.Mistake) {
        let channel = try here()
        guard store.me != nil else {
            throw mistake("to write, sign in (chatctl login NAME) or choose a name (--as NAME)")
        }
        writeCount += 1
        let write = OutgoingWrite(id: "\(options.idPrefix)-\(writeCount)", channel: channel, content: content)
        guard outbox.add(write) else {
            throw mistake("\(Outbox.writesMax) messages wait to be sent already")
        }
        newBehind = nil
    }

    private func offset(_ target: ChatCommand.Target, isOwn: Bool) throws(ChatCommand.Mistake) -> Offset {
        switch target {
        case .offset(let offset): return offset
        case .last:
            let messages = store.room(try here()).timeline.messages
            guard let found = messages.last(where: { !$0.isDeleted && (!isOwn || store.isMe($0.author)) })
            else {
                throw mistake("there is no such message here")
            }
            return found.offset
        }
    }

    /// A channel, or a room by its title.
    private mutating func join(_ name: String) throws(ChatCommand.Mistake) {
        let wanted = PersonName(name)
        let known = store.list.first { room in
            PersonName(room.name) == wanted || !room.title.isEmpty && PersonName(room.title) == wanted
        }
        if let known { return go(to: known.channel) }
        let plain = name.hasPrefix("#") ? String(name.dropFirst()) : name
        do throws(InvalidField) {
            let channel = try Channel(validating: Array(plain.utf8))
            guard channel.isPublic || store.rooms[channel] != nil else {
                throw InvalidField(field: "channel", detail: "there is no such room; /rooms lists them")
            }
            go(to: channel)
        } catch {
            throw mistake(error.detail)
        }
    }

    // MARK: Lists

    private mutating func showRooms() {
        let rooms = store.list
        note(rooms.isEmpty ? "There are no conversations yet." : "Conversations:", .bold)
        for room in rooms.sorted(by: { ($0.unread > 0 ? 1 : 0) > ($1.unread > 0 ? 1 : 0) }) {
            let title = room.form == .open && !room.title.isEmpty ? "  \(room.title)" : ""
            let unread = room.unread > 0 ? "  \(room.unread) unread" : ""
            let mentions = room.mentions > 0 ? ", \(room.mentions) mention you" : ""
            note("  \(room.name)\(title)\(unread)\(mentions)", room.unread > 0 ? .plain : .dim)
        }
    }

    private mutating func showPeople() {
        let people = store.people.sorted { $0.key.folded.lexicographicallyPrecedes($1.key.folded) }
        note(people.isEmpty ? "Nobody is known yet." : "People:", .bold)
        for (name, presence) in people {
            switch presence {
            case .online: note("  \(name.text)  online", .plain)
            case .away: note("  \(name.text)  away")
            case .offline, nil: note("  \(name.text)")
            }
        }
    }

    private mutating func showHelp() {
        for (name, arguments, summary) in ChatCommand.list {
            let usage = "/\(name) \(arguments)"
            let padding = String(repeating: " ", count: max(1, 22 - usage.count))
            note("  \(usage)\(padding)\(summary)", .plain)
        }
        note("  Tab completes names and channels, Page Up shows older messages, Ctrl-N and Ctrl-P change the")
        note("  conversation, Alt-Enter begins a line, Escape hides this. // begins a message with a slash.")
    }

    mutating func showFound(_ body: JSONValue) {
        let found = (body["messages"]?.elements ?? []).reversed()
        note(found.isEmpty ? "Nothing was found." : "Found, the newest last:", .bold)
        for line in found {
            guard let message = ChatMessage(line), let bytes = line["channel"]?.bytes else { continue }
            let room = store.room(Channel(trusted: bytes))
            note("  \(room.name) \(message.offset) \(message.author.text): \(message.text)", .plain)
        }
    }
}
