import LogLine
import Testing

@testable import Views

@Suite("Lines of chosen channels")
struct ChosenLinesTests {
    private static let channels = ["a", "b", #"q"uote"#, "@x", "@y", "$z"]

    /// An index of random lines, and each line's channel.
    private func index(_ random: inout SplitMix64, _ count: Int) -> (LogIndex, [String]) {
        let index = LogIndex(hash: ChannelHash(seed: (1, 2)))
        let names = (0..<count).map { _ in Self.channels[random.below(Self.channels.count)] }
        for name in names {
            ChannelName.escape(bytes(name)).withUnsafeBytes {
                _ = index.append(bytes: 10, crc: 1, channel: $0, isMessage: !random.oneIn(3))
            }
        }
        return (index, names)
    }

    @Test(
        "are all of them, messages and others, in the log's order, in batches of any size",
        arguments: UInt64(1)...40)
    func model(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let (index, names) = index(&random, 1 + random.below(300))
        let chosen = Self.channels.filter { _ in random.oneIn(2) }
        let choice = ChannelChoice(includesPublic: random.oneIn(2), channels: chosen.map(bytes))
        let linesMax = 1 + random.below(20)
        var after = Offset(UInt64(random.below(names.count + 1)))
        let expected = (Int(after.value)..<names.count).filter { number in
            let name = names[number]
            guard !name.hasPrefix("$") else { return false }
            return chosen.contains(name) || (choice.includesPublic && !name.hasPrefix("@"))
        }
        var found: [Int] = []
        while after < index.last {
            let batch = try index.lines(
                of: choice, after: after, bytesMax: 10 + random.below(100), linesMax: linesMax)
            #expect(
                batch.through > after && batch.runs.reduce(0) { $0 + $1.count } <= linesMax, "seed \(seed)")
            for run in batch.runs {
                found += (0..<run.count).map { Int(run.first.value) - 1 + $0 }
                #expect(
                    run.positions == UInt64(10 * (run.first.value - 1))..<UInt64(10 * (run.end.value - 1)))
            }
            after = batch.through
        }
        #expect(found == expected, "seed \(seed)")
        #expect(try index.lines(of: choice, after: index.last, bytesMax: 1, linesMax: 1).runs.isEmpty)
    }

    @Test("that have been dropped are refused; what is left is found")
    func trimmed() throws {
        var random = SplitMix64(seed: 9)
        let (index, names) = index(&random, 200)
        index.drop(before: Offset(150), digest: .zero)
        #expect(throws: Trimmed(first: Offset(150))) {
            try index.lines(of: .allPublic, after: Offset(148), bytesMax: 100, linesMax: 10)
        }
        let batch = try index.lines(of: .allPublic, after: Offset(149), bytesMax: 10_000, linesMax: 1_000)
        let expected = names[149...].filter { !$0.hasPrefix("@") && !$0.hasPrefix("$") }.count
        #expect(batch.runs.reduce(0) { $0 + $1.count } == expected && batch.through == Offset(200))
    }

    @Test("A channel without messages is forgotten when its other lines have been dropped")
    func forgotten() {
        var table = ChannelTable(hash: ChannelHash(seed: (1, 2)))
        let name = bytes("quiet")
        name.withUnsafeBytes { table.append(other: Offset(3), to: $0) }
        table.sweep(4, before: Offset(3))
        #expect(table.others(of: name).count == 1)
        table.sweep(4, before: Offset(4))
        #expect(table.channels.isEmpty)
    }
}
