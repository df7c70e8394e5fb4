import LogLine
import TestSupport
import Testing

@testable import Replication

@Suite("Fingerprints")
struct FingerprintTests {
    @Test("differ between processes with different keys")
    func keyed() throws {
        let ours = LineNames(key: FingerprintKey(low: 1, high: 2))
        let theirs = LineNames(key: FingerprintKey(low: 1, high: 3))
        #expect(ours.key([1]) != theirs.key([1]))
    }
}

@Suite("The slot table")
struct SlotTableTests {
    /// Tags of few values, so that runs are long, wrap around and are full of strangers.
    @Test("finds exactly what was inserted and not removed", arguments: 0..<20)
    func model(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var table = SlotTable()
        var model: [Int: UInt32] = [:]
        for step in 0..<2000 {
            if random.oneIn(2) || model.isEmpty {
                let tag = UInt32(truncatingIfNeeded: random.next()) & 0x8000_000F
                table.insert(tag, index: step)
                model[step] = tag
            } else if let (index, tag) = model.min(by: { $0.key < $1.key }) {
                table.remove(tag, index: index)
                model[index] = nil
                #expect(table.find(tag) { $0 == index } == nil, "seed \(seed), step \(step)")
            }
        }
        #expect(table.count == model.count)
        for (index, tag) in model {
            #expect(table.find(tag) { $0 == index } == index, "seed \(seed)")
        }
    }

    @Test("tells entries with the same tag apart")
    func sameTag() {
        var table = SlotTable()
        for index in 0..<5 { table.insert(7, index: index) }
        #expect(table.find(7) { $0 == 3 } == 3)
        table.remove(7, index: 2)
        #expect(table.find(7) { $0 == 3 } == 3)
        #expect(table.find(7) { $0 == 2 } == nil)
    }
}

@Suite("The indexes' memory")
struct IndexMemoryTests {
    @Test("is at most 80 bytes an id at the bound, and stays there")
    func ids() {
        var index = IDIndex(entriesMax: 50_000, pendingMax: 1)
        for number in 0..<60_000 {
            let value = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
            let name = Fingerprint(low: value, high: UInt64(number))
            index.add(IDEntry(name: name, body: 0, offset: Offset(UInt64(number)), time: sampleTime))
            index.trim(pending: 0)
        }
        #expect(index.count == 50_000)
        #expect(Double(index.bytes) / 50_000 <= 80)
    }

    @Test("does not grow with a key's length")
    func keys() {
        var index = KeyIndex()
        for number in 0..<10_000 {
            let value = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
            _ = index.set(Fingerprint(low: value, high: 0), to: Offset(1))
        }
        #expect(Double(index.bytes) / 10_000 <= 56)
    }
}
