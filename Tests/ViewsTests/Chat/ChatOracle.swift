import LogLine

/// The rules of the chat once more, by other means than the views: told every line that the log took, it says
/// what should never have been taken.
struct ChatOracle {
    struct Member {
        var role: String
        let joined: Int
    }

    private var registered: [String: Bool] = [:]
    private var ages: [String: Int] = [:]
    private(set) var rooms: [String: [String: Member]] = [:]
    private var head = 0
    private var directs: Set<String> = []
    private(set) var deleted: Set<Int> = []
    private var authors: [Int: String] = [:]

    /// Nil: all is well.
    mutating func judge(_ line: [UInt8]) throws -> String? {
        let fields = try RawObject(line.dropLast())
        let data = try RawObject(Array((fields.values["data"] ?? "{}").utf8))
        guard let offset = fields.number("offset"), let channel = fields["channel"] else {
            return "unreadable"
        }
        head = offset
        let author = fields["author"]?.lowercased() ?? ""
        switch fields["kind"] {
        case nil:
            authors[offset] = author
            let isOpen = fields["id"]?.hasPrefix("open") ?? false
            if isOpen, registered[author] != nil { return "an open post under an account's name" }
            return isOpen ? nil : access(author, channel)
        case "account": return account(author, data)
        case "room": return room(channel, author, data)
        case "edit": return access(author, channel) ?? amend(data, by: author, channel, isDeletion: false)
        case "delete": return access(author, channel) ?? amend(data, by: author, channel, isDeletion: true)
        case "reaction": return access(author, channel)
        default: return nil
        }
    }

    private func access(_ author: String, _ channel: String) -> String? {
        guard registered[author] == true else { return "\(author) is no living account" }
        guard channel.hasPrefix("@") else { return nil }
        return rooms[channel]?[author] == nil ? "\(author) is not in \(channel)" : nil
    }

    private mutating func account(_ name: String, _ data: RawObject) -> String? {
        let isThere = registered[name] == true
        switch data["op"] {
        case "register":
            if registered[name] != nil { return "\(name) was registered twice" }
            registered[name] = true
            ages[name] = head
        case "delete":
            if !isThere { return "\(name) was deleted without being there" }
            registered[name] = false
            for channel in rooms.keys { inherit(channel) }
        default: if !isThere { return "\(name) is not there" }
        }
        return nil
    }

    private mutating func room(_ channel: String, _ actor: String, _ data: RawObject) -> String? {
        guard registered[actor] == true else { return "\(actor) is no living account" }
        let operation = data["op"]
        if operation == "create" || operation == "direct" { return make(channel, actor, data) }
        guard let role = rooms[channel]?[actor]?.role, !directs.contains(channel) else {
            return "\(actor) changed \(channel)"
        }
        let name = data["name"] ?? ""
        switch operation {
        case "set": return role == "member" ? "a member changed the title" : nil
        case "add":
            let given = data["role"]
            if role == "member" || (role == "moderator" && given != "member") {
                return "\(role) invited a \(given ?? "")"
            }
            if registered[name] != true || rooms[channel]?[name] != nil { return "\(name) was invited" }
            rooms[channel]?[name] = Member(role: given ?? "", joined: head)
        case "role":
            if role != "owner" || rooms[channel]?[name] == nil { return "\(role) changed \(name)'s role" }
            rooms[channel]?[name]?.role = data["role"] ?? ""
            if role == "owner", !hasOwner(channel) { return "\(channel) has no owner" }
        default:
            guard let removed = rooms[channel]?[name]?.role else {
                return "\(name) was removed without being there"
            }
            let mayRemove = role == "owner" || (role == "moderator" && removed == "member") || name == actor
            if !mayRemove { return "\(role) removed a \(removed)" }
            rooms[channel]?[name] = nil
        }
        inherit(channel)
        return nil
    }

    private mutating func make(_ channel: String, _ actor: String, _ data: RawObject) -> String? {
        if rooms[channel] != nil { return "\(channel) was made twice" }
        rooms[channel] = [:]
        for name in data.list("members") {
            rooms[channel]?[name] = Member(role: "member", joined: head)
        }
        if data["op"] == "direct" {
            directs.insert(channel)
            return rooms[channel]?.count == 2 ? nil : "a conversation of \(rooms[channel]?.count ?? 0)"
        }
        rooms[channel]?[actor] = Member(role: "owner", joined: head)
        return nil
    }

    private mutating func amend(
        _ data: RawObject, by author: String, _ channel: String, isDeletion: Bool
    ) -> String? {
        guard let offset = data.number("offset"), let written = authors[offset] else { return "no message" }
        if deleted.contains(offset) { return "\(offset) was changed after it was deleted" }
        let role = rooms[channel]?[author]?.role
        let mayDelete = isDeletion && (role == "owner" || role == "moderator")
        if written != author, !mayDelete { return "\(author) changed \(written)'s message" }
        if isDeletion { deleted.insert(offset) }
        return nil
    }

    private func hasOwner(_ channel: String) -> Bool {
        rooms[channel]?.values.contains { $0.role == "owner" } ?? false
    }

    /// A room in which somebody is left has an owner who is left.
    private mutating func inherit(_ channel: String) {
        guard !directs.contains(channel), let members = rooms[channel] else { return }
        let left = members.filter { registered[$0.key] == true }
        guard !left.isEmpty, !left.values.contains(where: { $0.role == "owner" }) else { return }
        let order = left.sorted { one, other in
            if one.value.role != other.value.role { return one.value.role == "moderator" }
            if one.value.joined != other.value.joined { return one.value.joined < other.value.joined }
            return ages[one.key, default: 0] < ages[other.key, default: 0]
        }
        rooms[channel]?[order[0].key]?.role = "owner"
    }
}

/// The members of an object, as they are written.
private struct RawObject {
    var values: [String: String] = [:]

    init(_ json: some Sequence<UInt8>) throws {
        let bytes = ByteSlice(Array(json))
        var reader = JSONReader(bytes.pointer)
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            let range = try reader.skipValue(field: nil)
            let value = UnsafeRawBufferPointer(rebasing: bytes.pointer[range])
            values[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
        }
        try reader.end()
    }

    /// A string without escapes.
    subscript(name: String) -> String? { values[name].map { String($0.dropFirst().dropLast()) } }

    func number(_ name: String) -> Int? { values[name].flatMap { Int($0) } }

    /// Of strings without escapes or commas.
    func list(_ name: String) -> [String] {
        self[name]?.split(separator: ",").map { String($0.dropFirst().dropLast()) } ?? []
    }
}
