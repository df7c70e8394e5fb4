import LogLine
import TestSupport
import Testing

@testable import Views

@Suite("Channel tables")
struct ChannelTableTests {
    /// Good, poor and worst hashes.
    private static let hashes: [ChannelHash] = [
        ChannelHash(seed: (1, 2)),
        ChannelHash { UInt64($0.count) % 3 },
        ChannelHash { _ in 0 },
        ChannelHash { _ in .max },
        // Homes near the table's end, so that probes and removals wrap around.
        ChannelHash { 13 + UInt64($0.last ?? 0) % 4 },
    ]

    @Test(
        "Channels are found by their names whatever collides, while others are swept away",
        arguments: 0..<5, UInt64(1)...6)
    func model(hashNumber: Int, seed: UInt64) {
        // Given
        var random = SplitMix64(seed: seed)
        var table = ChannelTable(hash: Self.hashes[hashNumber])
        var model: [[UInt8]: [Offset]] = [:]
        let names = (0..<200).map { Array("channel-\($0 * $0)".utf8) }
        // When
        var first = Offset(1)
        for number in 1...3_000 {
            let name = names[min(random.below(200), random.below(200))]
            name.withUnsafeBytes { table.append(Offset(UInt64(number)), to: $0) }
            model[name, default: []].append(Offset(UInt64(number)))
            if random.oneIn(200) {
                first = max(first, Offset(UInt64(random.below(number) + 1)))
                for _ in 0..<3 { table.sweep(table.channels.count, before: first) }
                model = model.compactMapValues { offsets in
                    let kept = offsets.filter { $0 >= first }
                    return kept.isEmpty ? nil : kept
                }
            }
        }
        // Then
        #expect(table.channels.count == model.count, "seed \(seed)")
        for name in names {
            let found = table.messages(of: name).map { list in
                (list.firstIndex..<list.endIndex).map { Offset(list[$0]) }
            }
            #expect(found == model[name], "seed \(seed)")
        }
    }

    @Test("Names that Swift's strings take for equal are different channels")
    func canonicalEquivalence() {
        // Given
        var table = ChannelTable(hash: ChannelHash { _ in 7 })
        let composed: [UInt8] = [0xC3, 0xA9]
        let decomposed: [UInt8] = [0x65, 0xCC, 0x81]
        // When
        composed.withUnsafeBytes { table.append(Offset(1), to: $0) }
        // Then
        #expect(table.messages(of: composed) != nil)
        #expect(table.messages(of: decomposed) == nil)
    }

    @Test("A sweep of as many channels as lines were dropped forgets every channel left empty in the end")
    func sweepIsBounded() {
        // Given
        var table = ChannelTable(hash: ChannelHash(seed: (3, 4)))
        for number in 1...1_000 {
            Array("once-\(number)".utf8).withUnsafeBytes {
                table.append(Offset(UInt64(number)), to: $0)
            }
        }
        // When
        for dropped in stride(from: 10, through: 1_000, by: 10) {
            table.sweep(10, before: Offset(UInt64(dropped + 1)))
        }
        table.sweep(1_000, before: Offset(1_001))
        // Then
        #expect(table.channels.isEmpty)
        #expect(table.messages(of: Array("once-1".utf8)) == nil)
    }

    @Test("Another seed gives other hashes")
    func seeds() {
        let name = Array("default-channel".utf8)
        let one = name.withUnsafeBytes { ChannelHash(seed: (1, 0))($0) }
        let other = name.withUnsafeBytes { ChannelHash(seed: (0, 1))($0) }
        #expect(one != other)
    }
}
