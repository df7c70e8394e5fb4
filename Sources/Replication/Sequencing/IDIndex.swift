import LogLine

/// What the log remembers of a line that carries an id, so that a retry is answered with the first result.
struct IDEntry: Sendable, Equatable {
    /// Of (channel, author, id).
    let name: Fingerprint
    /// Of what was written: kind and text or data; `erasedBody`: nobody knows any more.
    let body: UInt64
    let offset: Offset
    let time: Timestamp

    /// Of a line whose text was erased for good: what comes under its id is taken for a retry of it.
    static let erasedBody: UInt64 = 0

    func isRepeated(by body: UInt64) -> Bool { self.body == body || self.body == Self.erasedBody }
}

/// The newest ids of the log, oldest forgotten first.
///
/// Memory: 40 bytes an entry in a ring, which has room for the pending ones, too, plus 16–32 bytes of slots:
/// 67 bytes an id with the default 1,000,000, once the ring has gone round.
///
/// Entries are forgotten only by `trim`, which the sequencer calls with what is durable: so undoing the
/// newest entries gives back exactly the index as it was, and nothing that was forgotten has to be brought
/// back.
struct IDIndex: Sendable {
    /// How many entries `trim` leaves.
    let entriesMax: Int

    private var ring: ContiguousArray<IDEntry>
    private var table = SlotTable()
    private let ringCapacity: Int
    /// How many entries were ever added and not undone; entry number n stands at n % ringCapacity.
    private var added = 0
    private var forgotten = 0

    /// `pendingMax`: how many entries may stand above `entriesMax` between two calls of `trim`.
    init(entriesMax: Int, pendingMax: Int) {
        precondition(entriesMax >= 0 && pendingMax > 0)
        precondition(entriesMax + pendingMax < SlotTable.entriesMax)
        self.entriesMax = entriesMax
        ringCapacity = entriesMax + pendingMax
        ring = []
        ring.reserveCapacity(ringCapacity)
    }

    var count: Int { added - forgotten }
    /// Memory in use, without what is reserved and untouched.
    var bytes: Int { ring.count * MemoryLayout<IDEntry>.stride + table.bytes }

    func find(_ name: Fingerprint) -> IDEntry? {
        let found = table.find(Self.tag(name)) { ring[$0].name == name }
        return found.map { ring[$0] }
    }

    /// Precondition: its name is not in the index, and fewer than `pendingMax` entries stand above the bound.
    mutating func add(_ entry: IDEntry) {
        precondition(count < ringCapacity, "ids are added faster than they become durable")
        let index = added % ringCapacity
        if index < ring.count { ring[index] = entry } else { ring.append(entry) }
        table.insert(Self.tag(entry.name), index: index)
        added += 1
    }

    /// Takes the newest entry out again. Precondition: `trim` has not passed it.
    mutating func undoLast() {
        precondition(count > 0)
        added -= 1
        let index = added % ringCapacity
        table.remove(Self.tag(ring[index].name), index: index)
    }

    /// Forgets the oldest until `entriesMax` are left besides the newest `pending`.
    mutating func trim(pending: Int) {
        while count - pending > entriesMax {
            let index = forgotten % ringCapacity
            table.remove(Self.tag(ring[index].name), index: index)
            forgotten += 1
        }
    }

    private static func tag(_ name: Fingerprint) -> UInt32 { UInt32(truncatingIfNeeded: name.low) }
}
