import LogLine

/// Names, numbered 0, 1, 2 … as they came, compared as bytes; none is ever forgotten.
///
/// An open-addressing table with linear probing, at most half full. Finding a name costs one hash and about
/// one probe, and allocates nothing.
struct NameTable {
    private(set) var names: [[UInt8]] = []
    private var hashes: [UInt64] = []
    /// A name's number, or `free`.
    private var slots: [Int32]
    private let hash: ChannelHash

    private static let free: Int32 = -1
    private static let slotsMin = 16

    init(hash: ChannelHash) {
        self.hash = hash
        slots = Array(repeating: Self.free, count: Self.slotsMin)
    }

    var count: Int { names.count }

    func find(_ name: UnsafeRawBufferPointer) -> Int? {
        let found = slots[slot(of: name, hash: hash(name))]
        return found == Self.free ? nil : Int(found)
    }

    func find(_ name: [UInt8]) -> Int? { name.withUnsafeBytes { find($0) } }

    /// The number of `name`, a new one if it was not there.
    mutating func add(_ name: UnsafeRawBufferPointer) -> Int {
        let hash = hash(name)
        let place = slot(of: name, hash: hash)
        guard slots[place] == Self.free else { return Int(slots[place]) }
        slots[place] = Int32(names.count)
        names.append(Array(name))
        hashes.append(hash)
        if names.count * 2 > slots.count { grow() }
        return names.count - 1
    }

    mutating func add(_ name: [UInt8]) -> Int { name.withUnsafeBytes { add($0) } }

    /// The slot that holds `name`, or the free one where it belongs.
    private func slot(of name: UnsafeRawBufferPointer, hash: UInt64) -> Int {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place] != Self.free {
            let number = Int(slots[place])
            if hashes[number] == hash, names[number].withUnsafeBytes({ Memory.equal($0, name) }) { break }
            place = (place + 1) & mask
        }
        return place
    }

    private mutating func grow() {
        slots = Array(repeating: Self.free, count: slots.count * 2)
        for number in names.indices {
            var place = Int(truncatingIfNeeded: hashes[number]) & (slots.count - 1)
            while slots[place] != Self.free { place = (place + 1) & (slots.count - 1) }
            slots[place] = Int32(number)
        }
    }
}
