import LogLine

/// A message as the conversation shows it, with what edits, deletions and reactions have made of it.
struct ChatMessage: Equatable, Sendable {
    let offset: Offset
    let time: Timestamp
    /// Empty: nobody said who they are.
    let author: PersonName
    let id: [UInt8]?
    let replyTo: Offset?
    private(set) var text: String
    private(set) var isEdited: Bool
    private(set) var isDeleted: Bool
    private(set) var reactions: [Reaction]
    /// Up to which offset changes are in it.
    private(set) var asOf: Offset

    struct Reaction: Equatable, Sendable {
        let emoji: [UInt8]
        var people: [PersonName]
    }

    /// - Parameters:
    ///   - line: of the log or of `/messages`; nil when it is no message.
    ///   - asOf: the log's offset that a page is of.
    init?(_ line: JSONValue, asOf: Offset = .zero) {
        guard let offset = line["offset"]?.offset, line["kind"] == nil,
            let time = line["time"]?.text.flatMap({ Timestamp($0) })
        else { return nil }
        self.offset = offset
        self.time = time
        author = PersonName(line["author"]?.bytes ?? [])
        id = line["id"]?.bytes
        replyTo = line["reply_to"]?.offset
        text = line["message_text"]?.text ?? ""
        isEdited = line["edited"] != nil
        // A redacted message is deleted for good: `true` in `/messages`, a checksum in the log's line.
        isDeleted = line["deleted"]?.boolean == true || line["redacted"] != nil
        reactions = (line["reactions"]?.members ?? []).map { emoji, people in
            Reaction(
                emoji: emoji, people: (people.elements ?? []).compactMap { $0.bytes.map(PersonName.init) })
        }
        self.asOf = max(asOf, offset)
    }

    /// What another line changes of it, once; one that it knows already changes nothing.
    mutating func apply(_ amendment: Amendment) {
        guard amendment.offset > asOf, amendment.target == offset else { return }
        asOf = amendment.offset
        guard !isDeleted else { return }
        switch amendment.change {
        case .edit(let text):
            self.text = text
            isEdited = true
        case .delete:
            isDeleted = true
            text = ""
            reactions = []
        case .react(let emoji, let person, let isOn):
            react(emoji, person, isOn)
        }
    }

    private mutating func react(_ emoji: [UInt8], _ person: PersonName, _ isOn: Bool) {
        let place = reactions.firstIndex { $0.emoji == emoji }
        var people = place.map { reactions[$0].people } ?? []
        people.removeAll { $0 == person }
        if isOn { people.append(person) }
        switch (place, people.isEmpty) {
        case (let place?, true): reactions.remove(at: place)
        case (let place?, false): reactions[place].people = people
        case (nil, true): break
        case (nil, false): reactions.append(Reaction(emoji: emoji, people: people))
        }
    }
}

/// What a line changes of an earlier message.
struct Amendment: Sendable {
    enum Change: Sendable {
        case edit(String)
        case delete
        case react(emoji: [UInt8], PersonName, isOn: Bool)
    }

    let channel: Channel
    /// Of the line that changes it.
    let offset: Offset
    let target: Offset
    let change: Change

    /// Nil: the line is no amendment, or makes no sense.
    init?(_ line: JSONValue, in channel: Channel) {
        guard let offset = line["offset"]?.offset, let data = line["data"],
            let target = data["offset"]?.offset
        else { return nil }
        switch line["kind"]?.text {
        case "edit":
            guard let text = data["message_text"]?.text else { return nil }
            change = .edit(text)
        case "delete": change = .delete
        case "reaction":
            guard let emoji = data["emoji"]?.bytes else { return nil }
            let person = PersonName(line["author"]?.bytes ?? [])
            change = .react(emoji: emoji, person, isOn: data["on"]?.boolean ?? true)
        default: return nil
        }
        self.channel = channel
        self.offset = offset
        self.target = target
    }
}

/// Somebody's name. Names are the same without regard to the case of ASCII letters, as those of accounts are.
public struct PersonName: Hashable, Sendable {
    let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public init(_ text: String) { bytes = Array(text.utf8) }

    public var text: String { String(decoding: bytes, as: UTF8.self) }
    var isEmpty: Bool { bytes.isEmpty }

    var folded: [UInt8] { bytes.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 } }

    public static func == (left: PersonName, right: PersonName) -> Bool { left.folded == right.folded }
    public func hash(into hasher: inout Hasher) { hasher.combine(folded) }

    /// Whether `text` holds `@name` where a word begins.
    func isMentioned(in text: String) -> Bool {
        guard !isEmpty else { return false }
        let wanted = [UInt8(ascii: "@")] + folded
        let bytes = PersonName(text).folded
        guard bytes.count >= wanted.count else { return false }
        return (0...bytes.count - wanted.count).contains { start in
            bytes[start...].starts(with: wanted)
                && (start == 0 || !PersonName.isNamePart(bytes[start - 1]))
                && PersonName.endsName(bytes[(start + wanted.count)...])
        }
    }

    /// A full stop or a hyphen belongs to the name only when the name goes on behind it.
    private static func endsName(_ rest: ArraySlice<UInt8>) -> Bool {
        guard let next = rest.first(where: { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "-") }) else {
            return true
        }
        return !isNamePart(next)
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D, 0x2E, 0x40, 0x80...: true
        default: false
        }
    }
}
