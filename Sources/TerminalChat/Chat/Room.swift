import LogLine

/// A conversation: a public channel, a private room, or two people.
struct Room: Sendable {
    enum Form: Sendable { case open, room, direct }

    let channel: Channel
    var form: Form
    /// The room's, or the other's name of a direct conversation; empty: it has none.
    var title = ""
    /// Nil until they were asked for.
    var members: [PersonName]?
    /// Its newest message.
    var last = Offset.zero
    var unread = 0
    var mentions = 0
    /// Up to where it was read.
    var read = Offset.zero
    var timeline = Timeline()
    var isLoading = false
    var isLoaded = false
    /// When who types stops being shown.
    var typing: [PersonName: Duration] = [:]

    init(_ channel: Channel) {
        self.channel = channel
        form = channel.isPrivate ? .room : .open
    }

    /// `#tea`, `Book club`, `@bob`.
    var name: String {
        switch form {
        case .open: return "#\(channel)"
        case .room: return title.isEmpty ? channel.description : title
        case .direct: return "@\(title.isEmpty ? "?" : title)"
        }
    }

    /// What an answer says of it; members that it lacks stay as they are.
    mutating func describe(_ answer: JSONValue) {
        switch answer["type"]?.text {
        case "public": form = .open
        case "private": form = .room
        case "direct": form = .direct
        default: break
        }
        if let title = answer["title"]?.text, !title.isEmpty || form != .direct { self.title = title }
        if let members = answer["members"]?.elements {
            self.members = members.compactMap { $0["name"]?.bytes.map(PersonName.init) }
        }
        unread = answer["unread"]?.number.map { Int($0) } ?? unread
        mentions = answer["mentions"]?.number.map { Int($0) } ?? mentions
        read = max(read, answer["read"]?.offset ?? .zero)
        last = max(last, answer["last"]?["offset"]?.offset ?? .zero)
    }
}
