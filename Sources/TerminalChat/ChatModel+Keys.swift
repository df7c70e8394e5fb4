import LogLine

extension ChatModel {
    /// As long as somebody writes, it is said again after so long.
    private static let typingInterval = Duration.seconds(3)

    mutating func press(_ key: Key, _ now: Duration) {
        switch key {
        case .tab, .backTab: return complete(isBackwards: key == .backTab)
        case .enter: return enter(now)
        case .escape: return dismiss()
        case .pageUp: return pageUp()
        case .pageDown:
            anchor = pane.pageDown(anchor)
            return
        case .nextRoom, .previousRoom: return step(key == .nextRoom ? 1 : -1)
        case .interrupt, .endOfInput: return interrupt(key)
        case .redraw:
            effects.append(.redraw)
            return
        case .suspend:
            effects.append(.suspend)
            return
        default: break
        }
        completion.end()
        guard editor.apply(key) else { return }
        switch key {
        case .text, .paste: sayTyping(now)
        default: break
        }
    }

    private mutating func enter(_ now: Duration) {
        completion.end()
        notices = []
        anchor = nil
        typingSaid = ChatModel.longAgo
        submit(editor.take(), now)
    }

    private mutating func dismiss() {
        notices = []
        anchor = nil
        if let channel { outbox.dropRefused(in: channel) }
    }

    /// Ctrl-C empties the line, then ends; Ctrl-D deletes, or ends.
    private mutating func interrupt(_ key: Key) {
        if editor.isEmpty {
            effects.append(.quit)
        } else if key == .interrupt {
            editor.clear()
        } else {
            _ = editor.apply(.delete)
        }
    }

    private mutating func complete(isBackwards: Bool) {
        let people = store.people.keys.filter { !store.isMe($0) }.map(\.text)
        let channels = store.list.map { room in
            room.form == .open
                ? room.channel.description : room.form == .direct ? "@\(room.title)" : room.title
        }
        completion.complete(&editor, people: people, channels: channels, isBackwards: isBackwards)
    }

    private mutating func pageUp() {
        let (anchor, isAtTop) = pane.pageUp(self.anchor)
        self.anchor = anchor
        guard isAtTop, let channel else { return }
        let room = store.room(channel)
        guard room.isLoaded, !room.isLoading, !room.timeline.hasStart, let first = room.timeline.first else {
            return
        }
        store.change(channel) { $0.isLoading = true }
        effects.append(.request(requestPage(channel, before: first)))
    }

    /// To the conversation so many places further, by name.
    private mutating func step(_ count: Int) {
        let rooms = store.rooms.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        guard !rooms.isEmpty else { return }
        let current = rooms.firstIndex { $0.channel == channel } ?? 0
        go(to: rooms[(current + count + rooms.count) % rooms.count].channel)
    }

    private mutating func sayTyping(_ now: Duration) {
        guard let channel, store.me != nil, connection.isLive, !editor.text.hasPrefix("/"),
            now - typingSaid >= ChatModel.typingInterval
        else { return }
        typingSaid = now
        effects.append(.send(SocketObject.typing(channel, author: writtenAuthor)))
    }
}
