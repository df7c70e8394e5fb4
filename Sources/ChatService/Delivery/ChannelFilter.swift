import LogLine
import Views

/// The channels whose lines a stream carries. Names are compared as they stand in lines (escaped).
struct ChannelFilter: Equatable, Sendable {
    /// Those that are carried besides all public ones, where these are.
    private(set) var names: Set<[UInt8]>
    /// All public channels, also those that come to be later.
    private(set) var hasAllPublic: Bool

    static let allPublic = ChannelFilter(hasAllPublic: true, names: [])

    /// Public channels need no naming where all of them are carried.
    init(hasAllPublic: Bool, channels: [Channel]) {
        let named = hasAllPublic ? channels.filter { !$0.isPublic } : channels
        self.init(hasAllPublic: hasAllPublic, names: Set(named.map { ChannelName.escape($0.bytes) }))
    }

    private init(hasAllPublic: Bool, names: Set<[UInt8]>) {
        self.hasAllPublic = hasAllPublic
        self.names = names
    }

    /// The same for the index.
    var choice: ChannelChoice {
        ChannelChoice(includesPublic: hasAllPublic, channels: names.map(ChannelName.unescape))
    }

    var isEmpty: Bool { !hasAllPublic && names.isEmpty }

    /// - Parameter name: as it stands in a line.
    func matches(_ name: UnsafeRawBufferPointer) -> Bool {
        if hasAllPublic, ChannelName.isPublic(name) { return true }
        return !names.isEmpty && names.contains(Array(name))
    }

    func carries(_ channel: Channel) -> Bool { names.contains(ChannelName.escape(channel.bytes)) }

    mutating func add(_ channel: Channel) { names.insert(ChannelName.escape(channel.bytes)) }

    mutating func remove(_ channel: Channel) { names.remove(ChannelName.escape(channel.bytes)) }

    /// Leaves what `other` does not carry.
    mutating func subtract(_ other: ChannelFilter) {
        names.subtract(other.names)
        guard other.hasAllPublic else { return }
        hasAllPublic = false
        names = names.filter { name in name.withUnsafeBytes { !ChannelName.isPublic($0) } }
    }
}
