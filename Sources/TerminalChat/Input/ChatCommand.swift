import LogLine

/// What a written line asks for.
enum ChatCommand: Equatable {
    case say(String)
    case join(String)
    case direct(String)
    case makeRoom(String)
    case invite(String)
    case leave
    case rooms, people, help, quit
    case reply(Target, String)
    case edit(Target, String)
    case delete(Target)
    case react(Target, String, isOn: Bool)
    case search(String)

    /// Which message: its offset, or `^` for the last one (of one's own, where only those can be meant).
    enum Target: Equatable {
        case offset(Offset)
        case last
    }

    struct Mistake: Error, Equatable {
        let message: String
    }

    /// Name, what follows it, what it does.
    static let list: [(name: String, arguments: String, summary: String)] = [
        ("join", "CHANNEL", "goes to a channel, or to a room by its title"),
        ("dm", "NAME", "goes to the conversation with somebody"),
        ("rooms", "", "lists the conversations, those with news first"),
        ("people", "", "lists who is known, and who is there"),
        ("reply", "OFFSET TEXT", "answers a message; ^ is the last one"),
        ("edit", "OFFSET TEXT", "changes one's own message; ^ is the last one"),
        ("delete", "OFFSET", "deletes a message; ^ is one's own last one"),
        ("react", "OFFSET EMOJI", "reacts to a message; with -EMOJI not any more"),
        ("search", "WORDS", "finds messages"),
        ("room", "TITLE", "makes a private room"),
        ("invite", "NAME", "lets somebody into this room"),
        ("leave", "", "leaves this room"),
        ("help", "", "shows this"),
        ("quit", "", "ends the program"),
    ]

    /// `/word …` is a command; `//` begins a message with a slash.
    static func parse(_ line: String) throws(Mistake) -> ChatCommand {
        guard line.hasPrefix("/") else { return .say(line) }
        guard !line.hasPrefix("//") else { return .say(String(line.dropFirst())) }
        let (name, rest) = split(line.dropFirst())
        switch name {
        case "join", "j": return .join(try required(rest, "/join CHANNEL"))
        case "dm": return .direct(try required(withoutAt(rest), "/dm NAME"))
        case "room": return .makeRoom(try required(rest, "/room TITLE"))
        case "invite": return .invite(try required(withoutAt(rest), "/invite NAME"))
        case "leave": return .leave
        case "rooms": return .rooms
        case "people": return .people
        case "help", "?": return .help
        case "quit", "q": return .quit
        case "search": return .search(try required(rest, "/search WORDS"))
        case "delete": return .delete(try target(rest, "/delete OFFSET"))
        case "reply", "edit", "react": return try amendment(name, rest)
        default: throw Mistake(message: "there is no command /\(name); /help lists them")
        }
    }

    private static func amendment(_ name: String, _ rest: String) throws(Mistake) -> ChatCommand {
        let (first, text) = split(rest[...])
        let usage = name == "react" ? "/react OFFSET EMOJI" : "/\(name) OFFSET TEXT"
        let target = try target(first, usage)
        let words = try required(text, usage)
        switch name {
        case "reply": return .reply(target, words)
        case "edit": return .edit(target, words)
        default:
            let isOn = !words.hasPrefix("-")
            return .react(target, isOn ? words : try required(String(words.dropFirst()), usage), isOn: isOn)
        }
    }

    private static func target(_ word: String, _ usage: String) throws(Mistake) -> Target {
        if word == "^" { return .last }
        guard let offset = Offset(decimal: word), offset > .zero else {
            throw Mistake(message: "usage: \(usage)")
        }
        return .offset(offset)
    }

    private static func required(_ text: String, _ usage: String) throws(Mistake) -> String {
        guard !text.isEmpty else { throw Mistake(message: "usage: \(usage)") }
        return text
    }

    private static func withoutAt(_ text: String) -> String {
        text.hasPrefix("@") ? String(text.dropFirst()) : text
    }

    /// The first word, and what follows the space behind it.
    private static func split(_ text: Substring) -> (String, String) {
        let word = text.prefix { $0 != " " }
        let rest = text.dropFirst(word.count).drop { $0 == " " }
        return (String(word), String(rest))
    }
}
