import LogLine

/// What a client says of the person in front of it.
enum Attendance: Equatable, Sendable {
    case online
    case away
}

/// Whether somebody is there.
enum Presence: Equatable, Sendable {
    case online
    case away
    case offline(lastSeen: Timestamp)

    fileprivate var rank: Int {
        switch self {
        case .online: 0
        case .away: 1
        case .offline: 2
        }
    }
}

/// An account's presence, as it is shown: `"name":…,"state":"online"|"away"|"offline","last_seen"?:…`.
struct PresentPerson: Equatable, Sendable {
    /// As the account is spelled.
    let name: [UInt8]
    let presence: Presence

    /// Those who are there first; those who are not by when they were, latest first; then by name.
    static func areInOrder(_ one: PresentPerson, _ other: PresentPerson) -> Bool {
        if case (.offline(let left), .offline(let right)) = (one.presence, other.presence), left != right {
            return left > right
        }
        if one.presence.rank != other.presence.rank { return one.presence.rank < other.presence.rank }
        return one.name.lexicographicallyPrecedes(other.name)
    }

    /// Appends the members, without braces.
    func encodeMembers(into out: ByteBuffer) {
        out.append("\"name\":")
        out.appendJSONString(name)
        switch presence {
        case .online: out.append(",\"state\":\"online\"")
        case .away: out.append(",\"state\":\"away\"")
        case .offline(let time): out.append(utf8: ",\"state\":\"offline\",\"last_seen\":\"\(time)\"")
        }
    }

    /// Appends an array of objects.
    static func encode(_ people: some Sequence<PresentPerson>, into out: ByteBuffer) {
        out.append("[")
        for (index, person) in people.enumerated() {
            out.append(index > 0 ? ",{" : "{")
            person.encodeMembers(into: out)
            out.append("}")
        }
        out.append("]")
    }
}
