import LogLine

/// The names that accounts, rooms and what becomes of messages have in the log. Source: docs/chat-log.md.
public enum ChatVocabulary {
    public static let accountsChannel = Channel(trusted: Array("$accounts".utf8))
    public static let readsChannel = Channel(trusted: Array("$reads".utf8))

    /// Of the account with that name.
    /// - Parameter name: lowercase.
    public static func accountKey(_ name: [UInt8]) -> Key { key(accountPrefix, name) }

    /// Of the room that `channel` is.
    /// - Parameter channel: not escaped.
    public static func roomKey(_ channel: [UInt8]) -> Key { key(roomPrefix, channel) }

    /// Of the message at `offset`.
    public static func messageKey(_ offset: Offset) -> Key {
        key(messagePrefix, Array(String(offset.value).utf8))
    }

    static let accountPrefix: StaticString = "account:"
    static let roomPrefix: StaticString = "room:"
    static let messagePrefix: StaticString = "message:"

    private static func key(_ prefix: StaticString, _ name: [UInt8]) -> Key {
        Key(
            trusted: Array(UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
                + name)
    }
}

/// The kinds of lines that make up a chat; lines of others are passed over.
enum ChatKind: CaseIterable {
    case account, room, edit, delete, reaction, read

    init?(_ name: UnsafeRawBufferPointer) {
        guard let kind = Self.allCases.first(where: { Memory.equal(name, $0.name) }) else { return nil }
        self = kind
    }

    var name: StaticString {
        switch self {
        case .account: "account"
        case .room: "room"
        case .edit: "edit"
        case .delete: "delete"
        case .reaction: "reaction"
        case .read: "read"
        }
    }
}

/// What somebody may do in a room.
public enum Role: UInt8, CaseIterable, Comparable, Sendable {
    /// Reads, posts, leaves; edits and deletes own messages.
    case member
    /// Also adds and removes members, deletes messages, sets title and topic.
    case moderator
    /// Everything.
    case owner

    public init?(_ name: [UInt8]) {
        guard let role = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = role
    }

    /// As it stands in lines and requests.
    public var name: [UInt8] {
        switch self {
        case .member: Array("member".utf8)
        case .moderator: Array("moderator".utf8)
        case .owner: Array("owner".utf8)
        }
    }

    public static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}
