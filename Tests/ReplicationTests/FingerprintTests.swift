import LogLine
import Testing

@testable import Replication

@Suite("Fingerprints")
struct FingerprintTests {
    /// From OpenSSL's SIPHASH with c-rounds 1, d-rounds 3, size 16, and the key 00 01 … 0f.
    @Test(
        "of 128 bits are those of an independent SipHash-1-3",
        arguments: [
            ("", "e77ebcb22788a5befd62db6add303001"), ("a", "083c37de637c4fa8492fd75d37ae8a67"),
            ("abcdefgh", "73a0265a47fcbd46c8ab9f0f5a33952d"),
        ])
    func wide(text: String, expected: String) {
        var hasher = FingerprintHasher(key: sampleSeed, isWide: true)
        hasher.combine(Array(text.utf8))
        let fingerprint = hasher.finish128()
        let words = [fingerprint.low, fingerprint.high]
        let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
        }
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(digits == expected)
    }

    /// From CPython's hash of bytes with PYTHONHASHSEED=0.
    @Test(
        "of 64 bits are those of an independent SipHash-1-3",
        arguments: [
            (Array("a".utf8), 0x4074_48D2_B89B_1813), (Array("abc".utf8), 0xC03B_C3A0_0426_30F2),
            (Array(0..<8), 0xEAD4_11E6_7EBE_2EEA), (Array(0..<63), 0x385D_3E39_E5F3_7359),
        ] as [([UInt8], UInt64)])
    func narrow(bytes: [UInt8], expected: UInt64) {
        var hasher = FingerprintHasher(key: FingerprintKey(low: 0, high: 0), isWide: false)
        hasher.combine(bytes)
        #expect(hasher.finish64() == expected)
    }

    @Test("do not depend on where the bytes were cut")
    func pieces() {
        let bytes = Array(UInt8(0)..<40)
        var whole = FingerprintHasher(key: sampleSeed, isWide: true)
        whole.combine(bytes)
        let expected = whole.finish128()
        for first in 0...40 {
            for second in first...40 {
                var hasher = FingerprintHasher(key: sampleSeed, isWide: true)
                hasher.combine(Array(bytes[..<first]))
                if first < second { hasher.combine(bytes[first]) }
                if first < second { hasher.combine(Array(bytes[(first + 1)..<second])) }
                hasher.combine(Array(bytes[second...]))
                #expect(hasher.finish128() == expected)
            }
        }
    }

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

@Suite("The pending queue")
struct QueueTests {
    @Test("gives back in order from either end, however it is used", arguments: 0..<5)
    func model(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var queue = Queue<Int>()
        var model: [Int] = []
        for step in 0..<20_000 {
            switch random.below(step % 8000 < 4000 ? 4 : 9) {
            case 0, 1, 2:
                queue.append(step)
                model.append(step)
            case 3 where random.oneIn(4): #expect(queue.popLast() == model.popLast())
            default: #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            }
            if queue.count != model.count { break }
        }
        #expect(queue.count == model.count, "seed \(seed)")
        while let element = queue.popFirst() { #expect(element == model.removeFirst()) }
    }
}
