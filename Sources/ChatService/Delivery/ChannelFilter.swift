import LogLine
import Views

/// The channels whose lines a stream carries. Names are compared as they stand in lines (escaped).
struct ChannelFilter: Equatable, Sendable {
    /// Those that are carried. Where all public ones are, the public ones among these are not: they were
    /// unsubscribed from, or another stream of the same consumer carries them.
    private var names: Set<[UInt8]>
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

    // MARK: What is carried

    /// Beside all public channels, where those are.
    var carriedNames: Set<[UInt8]> { hasAllPublic ? privateNames : names }

    /// How many public channels are left out of all.
    var exceptionCount: Int { hasAllPublic ? names.count - privateNames.count : 0 }

    /// The same for the index, which knows no exceptions.
    var choice: ChannelChoice {
        ChannelChoice(includesPublic: hasAllPublic, channels: carriedNames.map(ChannelName.unescape))
    }

    var isEmpty: Bool { !hasAllPublic && names.isEmpty }

    /// - Parameter name: as it stands in a line.
    func matches(_ name: UnsafeRawBufferPointer) -> Bool {
        guard !names.isEmpty else { return hasAllPublic && ChannelName.isPublic(name) }
        return names.contains(Array(name)) != (hasAllPublic && ChannelName.isPublic(name))
    }

    /// Whether a public channel is left out of all.
    func excludes(_ name: [UInt8]) -> Bool { hasAllPublic && !names.isEmpty && names.contains(name) }

    func carries(_ channel: Channel) -> Bool {
        ChannelName.escape(channel.bytes).withUnsafeBytes { matches($0) }
    }

    // MARK: Changing it

    mutating func add(_ channel: Channel) { set(ChannelName.escape(channel.bytes), isCarried: true) }

    mutating func remove(_ channel: Channel) { set(ChannelName.escape(channel.bytes), isCarried: false) }

    /// Leaves what `other` does not carry.
    mutating func subtract(_ other: ChannelFilter) {
        guard other.hasAllPublic else {
            for name in other.names { set(name, isCarried: false) }
            return
        }
        // Of the public channels those are left that the other one leaves out.
        let carried = hasAllPublic ? other.names.subtracting(names) : other.names.intersection(names)
        names = privateNames.subtracting(other.names).union(carried.subtracting(other.privateNames))
        hasAllPublic = false
    }

    /// Leaves what is public.
    mutating func subtractPrivate() { names.subtract(privateNames) }

    private var privateNames: Set<[UInt8]> {
        names.filter { name in name.withUnsafeBytes { !ChannelName.isPublic($0) } }
    }

    private mutating func set(_ name: [UInt8], isCarried: Bool) {
        let isException = hasAllPublic && name.withUnsafeBytes { ChannelName.isPublic($0) }
        if isCarried != isException { names.insert(name) } else { names.remove(name) }
    }
}
