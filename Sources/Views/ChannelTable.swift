import LogLine

/// Channel name → the offsets of its messages, and of its other lines, ascending. Names are escaped (see
/// `ChannelName`) and compared as bytes.
///
/// An open-addressing table with linear probing, at most half full, over a dense array of channels. Finding
/// the channel that was found last costs one comparison; finding any other one hash and about one probe;
/// neither allocates. Channels whose messages have all been trimmed are forgotten by and by (`sweep`).
struct ChannelTable {
    struct Channel {
        let name: [UInt8]
        let hash: UInt64
        var messages = AscendingList()
        /// Of its other lines: one list, or none as long as there are none, as in most channels.
        private(set) var others: [AscendingList] = []

        init(name: [UInt8], hash: UInt64) {
            self.name = name
            self.hash = hash
        }

        var isEmpty: Bool { messages.isEmpty && others.isEmpty }

        mutating func appendOther(_ offset: Offset) {
            if others.isEmpty { others.append(AscendingList()) }
            others[0].append(offset.value)
        }

        mutating func drop(below offset: Offset) {
            messages.drop(below: offset.value)
            guard !others.isEmpty else { return }
            others[0].drop(below: offset.value)
            if others[0].isEmpty { others = [] }
        }

        var bytes: Int {
            messages.bytes + name.capacity + ArrayMemory.headerBytes
                + others.reduce(0) {
                    $0 + $1.bytes + MemoryLayout<AscendingList>.stride + ArrayMemory.headerBytes
                }
        }
    }

    private(set) var channels: [Channel] = []
    /// A channel's index, or `free`.
    private var slots: [Int32]
    /// The index of the channel found last.
    private var latest = 0
    /// Where the next sweep begins.
    private var sweepIndex = 0
    private let hash: ChannelHash

    private static let free: Int32 = -1
    private static let slotsMin = 16

    init(hash: ChannelHash) {
        self.hash = hash
        slots = Array(repeating: Self.free, count: Self.slotsMin)
    }

    /// Nil when there is no such channel.
    func messages(of name: [UInt8]) -> AscendingList? {
        name.withUnsafeBytes { bytes in
            let place = slot(of: bytes, hash: hash(bytes))
            return slots[place] == Self.free ? nil : channels[Int(slots[place])].messages
        }
    }

    /// Empty when there is no such channel, or nothing but messages in it.
    func others(of name: [UInt8]) -> [AscendingList] {
        name.withUnsafeBytes { bytes in
            let place = slot(of: bytes, hash: hash(bytes))
            return slots[place] == Self.free ? [] : channels[Int(slots[place])].others
        }
    }

    /// Makes the channel when there is none. Precondition: `channel` is not empty.
    mutating func append(_ offset: Offset, to channel: UnsafeRawBufferPointer) {
        if latest >= channels.count || !isNamed(latest, channel) { latest = findOrMake(channel) }
        channels[latest].messages.append(offset.value)
    }

    /// The same for a line that is no message.
    mutating func append(other offset: Offset, to channel: UnsafeRawBufferPointer) {
        if latest >= channels.count || !isNamed(latest, channel) { latest = findOrMake(channel) }
        channels[latest].appendOther(offset)
    }

    /// Trims the next `count` channels, round and round, and forgets those left empty. Called with
    /// `ViewLimits.sweptPerLine` for each line that was dropped, it keeps up with channels of one message
    /// each.
    mutating func sweep(_ count: Int, before offset: Offset) {
        for _ in 0..<min(count, channels.count) {
            if sweepIndex >= channels.count { sweepIndex = 0 }
            channels[sweepIndex].drop(below: offset)
            if channels[sweepIndex].isEmpty { remove(sweepIndex) } else { sweepIndex += 1 }
        }
    }

    /// Heap memory. Costs time in proportion to the number of channels.
    var bytes: Int {
        let tables =
            channels.capacity * MemoryLayout<Channel>.stride + slots.capacity * MemoryLayout<Int32>.stride
            + 2 * ArrayMemory.headerBytes
        return channels.reduce(tables) { $0 + $1.bytes }
    }

    /// The slot that holds `name`, or the free one where it belongs.
    private func slot(of name: UnsafeRawBufferPointer, hash: UInt64) -> Int {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place] != Self.free {
            let channel = Int(slots[place])
            if channels[channel].hash == hash, isNamed(channel, name) { return place }
            place = (place + 1) & mask
        }
        return place
    }

    @inline(__always)
    private func isNamed(_ index: Int, _ name: UnsafeRawBufferPointer) -> Bool {
        channels[index].name.withUnsafeBytes { Memory.equal($0, name) }
    }

    private mutating func findOrMake(_ name: UnsafeRawBufferPointer) -> Int {
        let hash = hash(name)
        let place = slot(of: name, hash: hash)
        guard slots[place] == Self.free else { return Int(slots[place]) }
        precondition(!name.isEmpty, "a channel has a name")
        slots[place] = Int32(channels.count)
        channels.append(Channel(name: Array(name), hash: hash))
        if channels.count * 2 > slots.count { rebuild(slotCount: slots.count * 2) }
        return channels.count - 1
    }

    private mutating func rebuild(slotCount: Int) {
        slots = Array(repeating: Self.free, count: slotCount)
        for index in channels.indices { slots[freeSlot(hash: channels[index].hash)] = Int32(index) }
    }

    private func freeSlot(hash: UInt64) -> Int {
        var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[place] != Self.free { place = (place + 1) & (slots.count - 1) }
        return place
    }

    /// Takes the channel out and moves the last one to its index.
    private mutating func remove(_ index: Int) {
        clear(slotHolding(index))
        let last = channels.count - 1
        if index != last {
            slots[slotHolding(last)] = Int32(index)
            channels.swapAt(index, last)
        }
        channels.removeLast()
    }

    private func slotHolding(_ index: Int) -> Int {
        var place = Int(truncatingIfNeeded: channels[index].hash) & (slots.count - 1)
        while slots[place] != Int32(index) { place = (place + 1) & (slots.count - 1) }
        return place
    }

    /// Frees a slot and moves back what had been pushed behind it, so that no probe ends early.
    private mutating func clear(_ slot: Int) {
        let mask = slots.count - 1
        var hole = slot
        var place = slot
        slots[hole] = Self.free
        while true {
            place = (place + 1) & mask
            guard slots[place] != Self.free else { return }
            let home = Int(truncatingIfNeeded: channels[Int(slots[place])].hash) & mask
            // What lies cyclically between its home and its place may move to the hole only if that is in
            // between.
            if (place - home) & mask >= (place - hole) & mask {
                slots[hole] = slots[place]
                slots[place] = Self.free
                hole = place
            }
        }
    }
}
