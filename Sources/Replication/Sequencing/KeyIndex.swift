import LogLine

/// The last line of every key, for conditional appends. A key is meant within the whole log, not per channel.
///
/// Memory: 24 bytes an entry plus 16–32 bytes of slots, whatever the key's length; keys are never forgotten,
/// for "no line with that key" must stay true.
struct KeyIndex: Sendable {
    /// What one `set` changed; undone newest first.
    struct Undo: Sendable, Equatable {
        fileprivate let index: Int
        /// Zero: the key was new.
        fileprivate let previous: Offset
    }

    private struct Entry: Sendable {
        let name: Fingerprint
        var offset: Offset
    }

    private var entries: ContiguousArray<Entry> = []
    private var table = SlotTable()

    var count: Int { entries.count }
    var bytes: Int { entries.count * MemoryLayout<Entry>.stride + table.bytes }

    /// The offset of the key's last line; zero when it has none.
    func last(_ name: Fingerprint) -> Offset {
        guard let index = find(name) else { return .zero }
        return entries[index].offset
    }

    mutating func set(_ name: Fingerprint, to offset: Offset) -> Undo {
        guard let index = find(name) else {
            table.insert(Self.tag(name), index: entries.count)
            entries.append(Entry(name: name, offset: offset))
            return Undo(index: entries.count - 1, previous: .zero)
        }
        let undo = Undo(index: index, previous: entries[index].offset)
        entries[index].offset = offset
        return undo
    }

    /// Precondition: every later change has been undone before.
    mutating func undo(_ undo: Undo) {
        guard undo.previous == .zero else {
            entries[undo.index].offset = undo.previous
            return
        }
        precondition(undo.index == entries.count - 1)
        table.remove(Self.tag(entries[undo.index].name), index: undo.index)
        entries.removeLast()
    }

    private func find(_ name: Fingerprint) -> Int? {
        table.find(Self.tag(name)) { entries[$0].name == name }
    }

    private static func tag(_ name: Fingerprint) -> UInt32 { UInt32(truncatingIfNeeded: name.low) }
}
