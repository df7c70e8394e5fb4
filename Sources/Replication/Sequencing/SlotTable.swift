/// Where in a list of entries the one with a given fingerprint stands: open addressing with linear probing.
///
/// A slot is 8 bytes: the entry's index + 1 in the low half (0: empty), 32 bits of its fingerprint, the tag,
/// in the high half. The tag also says where a slot's probing began, so that growing and removing never look
/// at the entries. At most half of the slots are taken. Growing visits every slot once: about 4 ms per
/// million of them.
struct SlotTable: Sendable {
    static let entriesMax = Int(UInt32.max) - 1
    private static let slotsMin = 16

    private var slots: ContiguousArray<UInt64>
    private(set) var count = 0

    init() {
        slots = ContiguousArray(repeating: 0, count: Self.slotsMin)
    }

    /// What the table itself holds in memory.
    var bytes: Int { slots.count * MemoryLayout<UInt64>.stride }

    /// The index of the entry with this tag for which `matches` holds; nil when there is none.
    @inline(__always)
    func find(_ tag: UInt32, where matches: (Int) -> Bool) -> Int? {
        var at = Int(tag) & mask
        while slots[at] != 0 {
            let slot = slots[at]
            if UInt32(truncatingIfNeeded: slot >> 32) == tag {
                let index = Int(slot & 0xFFFF_FFFF) - 1
                if matches(index) { return index }
            }
            at = (at + 1) & mask
        }
        return nil
    }

    /// Precondition: no slot holds `index` yet.
    mutating func insert(_ tag: UInt32, index: Int) {
        precondition(index >= 0 && index < Self.entriesMax)
        if (count + 1) * 2 > slots.count { grow() }
        place(UInt64(tag) << 32 | UInt64(index + 1))
        count += 1
    }

    /// Precondition: `insert(tag, index:)` came before.
    mutating func remove(_ tag: UInt32, index: Int) {
        let wanted = UInt64(tag) << 32 | UInt64(index + 1)
        var hole = Int(tag) & mask
        while slots[hole] != wanted {
            precondition(slots[hole] != 0, "removing what is not in the table")
            hole = (hole + 1) & mask
        }
        close(hole)
        count -= 1
    }

    private var mask: Int { slots.count - 1 }

    private func home(_ slot: UInt64) -> Int { Int(slot >> 32) & mask }

    private mutating func place(_ slot: UInt64) {
        var at = home(slot)
        while slots[at] != 0 { at = (at + 1) & mask }
        slots[at] = slot
    }

    /// Moves back what was probed past `start`, so that no run of slots has a hole in it.
    private mutating func close(_ start: Int) {
        var hole = start
        var at = (hole + 1) & mask
        while slots[at] != 0 {
            let distance = (at - home(slots[at])) & mask
            if distance >= (at - hole) & mask {
                slots[hole] = slots[at]
                hole = at
            }
            at = (at + 1) & mask
        }
        slots[hole] = 0
    }

    private mutating func grow() {
        let old = slots
        slots = ContiguousArray(repeating: 0, count: old.count * 2)
        for slot in old where slot != 0 { place(slot) }
    }
}
