import LogLine
import Replication

/// Which lines a client asks to be sent: `?channels=a,b&after=EPOCH:OFFSET`.
///
/// `channels`: names between commas, `*` for all public ones, `@me` for all private rooms of the account,
/// also those that it joins later; `channel`: one name, as often as wanted, for names with a comma. Neither:
/// all public ones.
struct StreamQuery: Equatable {
    private(set) var hasAllPublic = false
    private(set) var hasOwnRooms = false
    private(set) var channels: [Channel] = []
    var after: Position?

    private static let everything = Array("*".utf8)
    private static let ownRooms = Array("@me".utf8)

    init(_ items: [(name: String, value: String)]) throws(InvalidField) {
        var isNamed = false
        for (name, value) in items {
            switch name {
            case "channels":
                isNamed = true
                try add(value.split(separator: ",").map { Array($0.utf8) }, field: name)
            case "channel":
                isNamed = true
                try add([Array(value.utf8)], field: name)
            case "after": after = try StreamQuery.position(value, field: name)
            default: continue
            }
        }
        if !isNamed { hasAllPublic = true }
    }

    /// The names of a `subscribe` command.
    init(names: [[UInt8]], after: Position?) throws(InvalidField) {
        try add(names, field: "channels")
        self.after = after
    }

    static func position(_ text: String, field: String) throws(InvalidField) -> Position {
        guard let position = Position(text) else {
            throw InvalidField(
                field: field, detail: "\(field) is '\(text.prefix(64))'; it takes EPOCH:OFFSET")
        }
        return position
    }

    private mutating func add(_ names: [[UInt8]], field: String) throws(InvalidField) {
        guard channels.count + names.count <= DeliveryLimits.channelsPerStreamMax else {
            throw InvalidField(
                field: field,
                detail: "\(field) names more than \(DeliveryLimits.channelsPerStreamMax) channels")
        }
        for name in names {
            if name == StreamQuery.everything {
                hasAllPublic = true
            } else if name == StreamQuery.ownRooms {
                hasOwnRooms = true
            } else {
                channels.append(try Channel(validating: name))
            }
        }
    }
}
