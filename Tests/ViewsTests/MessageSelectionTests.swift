import LogLine
import TestSupport
import Testing

@testable import Views

@Suite("Message selections")
struct MessageSelectionTests {
    private static let names = ["general", "random", "@private", "$reserved", "quiet"].map { Array($0.utf8) }

    /// The messages of a log as a plain list.
    private struct Model {
        var messages: [(offset: Offset, channel: [UInt8])] = []

        func offsets(_ channel: [UInt8]?, _ query: MessageQuery, from first: Offset = .zero) -> [Offset] {
            let found = messages.filter { message in
                let isAsked =
                    channel.map { message.channel == $0 }
                    ?? (message.channel[0] != 0x24 && message.channel[0] != 0x40)
                return isAsked && message.offset >= first && message.offset > query.after ?? .zero
                    && message.offset < query.before ?? Offset(.max)
            }.map(\.offset)
            switch query.count {
            case .all: return found
            case .oldest(let limit): return Array(found.prefix(limit))
            case .newest(let limit): return found.suffix(limit)
            }
        }
    }

    /// A log that grows and is trimmed.
    private struct Log {
        var random: SplitMix64
        var model = Model()
        let index: LogIndex

        init(seed: UInt64) {
            random = SplitMix64(seed: seed)
            index = LogIndex(hash: ChannelHash(seed: (seed, seed)))
        }

        mutating func grow(_ count: Int) {
            for _ in 0..<count {
                let name = MessageSelectionTests.names[min(random.below(5), random.below(5))]
                let isMessage = !random.oneIn(4)
                index.append(bytes: 1 + random.below(300), crc: 0, channel: name, isMessage: isMessage)
                if isMessage { model.messages.append((index.last, name)) }
            }
        }

        mutating func trim() {
            let first = Offset(index.first.value + UInt64(random.below(index.count / 3 + 1)))
            index.drop(before: first, digest: .zero)
        }

        mutating func query() -> MessageQuery {
            let bound = index.last.value + 3
            let limit = 1 + random.below(random.oneIn(2) ? 5 : 500)
            return MessageQuery(
                after: random.oneIn(2) ? nil : Offset(random.next() % bound),
                before: random.oneIn(2) ? nil : Offset(random.next() % bound),
                count: [.all, .oldest(limit), .newest(limit)][random.below(3)])
        }
    }

    @Test(
        "Every combination of bounds finds what a plain filter finds, across appends and trims",
        arguments: UInt64(1)...10)
    func model(seed: UInt64) throws {
        var log = Log(seed: seed)
        for _ in 0..<12 {
            // Given
            log.grow(log.random.below(200))
            if log.random.oneIn(3) { log.trim() }
            for _ in 0..<40 {
                let channel = log.random.oneIn(3) ? nil : Self.names[log.random.below(5)]
                let query = log.query()
                // When
                var selection = log.index.select(channel: channel, query)
                let isComplete = selection.isComplete
                let found = try read(&selection, of: log.index, random: &log.random)
                // Then
                let expected = log.model.offsets(channel, query, from: log.index.first)
                #expect(found == expected, "\(query), seed \(seed)")
                let whole = log.model.offsets(channel, query)
                #expect(!isComplete || whole == expected, "\(query), seed \(seed)")
            }
        }
    }

    /// Reads everything in pieces of random sizes and checks the bounds of each.
    private func read(
        _ selection: inout MessageSelection, of index: LogIndex, random: inout SplitMix64
    ) throws -> [Offset] {
        var offsets: [Offset] = []
        while !selection.isEmpty {
            let bytesMax = random.below(2_000)
            let linesMax = 1 + random.below(20)
            let runs = try selection.next(bytesMax: bytesMax, linesMax: linesMax, in: index)
            let lines = runs.flatMap { run in (0..<run.count).map { run.first + $0 } }
            #expect(!lines.isEmpty && lines.count <= linesMax)
            #expect(lines.count == 1 || runs.reduce(0) { $0 + $1.positions.count } <= bytesMax)
            #expect(
                zip(runs, runs.dropFirst()).allSatisfy { $0.first + $0.count < $1.first },
                "neighbours are merged")
            for run in runs {
                let start = index.position(after: run.first.previous)
                #expect(run.positions == start..<index.position(after: run.first + (run.count - 1)))
            }
            offsets += lines
            #expect(selection.delivered == lines.last)
        }
        #expect(try selection.next(bytesMax: 1_000, linesMax: 10, in: index).isEmpty)
        return offsets
    }

    @Test(
        "A reader amid appends and trims gets exactly its messages, or notices and knows the rest",
        arguments: UInt64(1)...60)
    func interleaved(seed: UInt64) throws {
        // Given
        var log = Log(seed: seed)
        log.grow(300)
        if log.random.oneIn(2) { log.trim() }
        let channel = log.random.oneIn(3) ? nil : Self.names[log.random.below(5)]
        let query = log.query()
        let expected = log.model.offsets(channel, query, from: log.index.first)
        var selection = log.index.select(channel: channel, query)
        var found: [Offset] = []
        // When
        do {
            while !selection.isEmpty {
                let runs = try selection.next(bytesMax: 500, linesMax: 1 + log.random.below(4), in: log.index)
                found += runs.flatMap { run in (0..<run.count).map { run.first + $0 } }
                log.grow(log.random.below(20))
                if log.random.oneIn(10) { log.trim() }
            }
        } catch {
            // Then
            #expect(error.first == log.index.first)
            #expect(throws: Trimmed.self) { try selection.next(bytesMax: 500, linesMax: 1, in: log.index) }
            #expect(selection.delivered.next <= expected[found.count] && selection.through == expected.last)
            let rest = MessageQuery(after: selection.delivered, before: selection.through.next)
            found += log.model.offsets(channel, rest)
        }
        #expect(found == expected, "\(query), seed \(seed)")
    }

    @Test(
        "Only what was asked for and dropped makes an answer incomplete",
        arguments: [
            (MessageQuery(), false), (MessageQuery(after: Offset(59)), false),
            (MessageQuery(after: Offset(60)), true),
            (MessageQuery(count: .newest(40)), true), (MessageQuery(count: .newest(41)), false),
            (MessageQuery(count: .oldest(1)), false),
            (MessageQuery(after: Offset(10), before: Offset(11)), true),
            (MessageQuery(after: Offset(10), before: Offset(12)), false),
            (MessageQuery(before: Offset(0)), true),
            (MessageQuery(before: Offset(1)), true), (MessageQuery(before: Offset(2)), false),
            (MessageQuery(before: Offset(62), count: .newest(1)), true),
            (MessageQuery(before: Offset(61), count: .newest(1)), false),
            (MessageQuery(after: Offset(.max)), true),
        ])
    func completeness(query: MessageQuery, expected: Bool) {
        // Given
        let index = LogIndex(hash: ChannelHash(seed: (1, 2)))
        for _ in 0..<100 { index.append(bytes: 10, crc: 0, channel: "general", isMessage: true) }
        #expect(index.select(channel: nil, query).isComplete)
        // When
        index.drop(before: Offset(61), digest: .zero)
        // Then
        #expect(index.select(channel: nil, query).isComplete == expected)
        #expect(index.select(channel: Array("general".utf8), query).isComplete == expected)
    }

    @Test("An unknown channel has no messages")
    func unknownChannel() throws {
        let index = LogIndex(hash: ChannelHash(seed: (1, 2)))
        index.append(bytes: 10, crc: 0, channel: "general", isMessage: true)
        var selection = index.select(channel: Array("Gener al".utf8), .all)
        #expect(selection.isEmpty && selection.isComplete)
        #expect(try selection.next(bytesMax: 100, linesMax: 1, in: index) == [])
    }

    @Test("A channel forgotten under its reader and made anew is noticed as trimmed")
    func recreatedChannel() {
        // Given
        let index = LogIndex(hash: ChannelHash(seed: (1, 2)))
        for _ in 0..<10 { index.append(bytes: 10, crc: 0, channel: "rare", isMessage: true) }
        var selection = index.select(channel: Array("rare".utf8), .all)
        for _ in 0..<10 { index.append(bytes: 10, crc: 0, channel: "busy", isMessage: true) }
        // When
        index.drop(before: Offset(15), digest: .zero)
        for _ in 0..<20 { index.append(bytes: 10, crc: 0, channel: "rare", isMessage: true) }
        // Then
        #expect(throws: Trimmed(first: Offset(15))) {
            try selection.next(bytesMax: 100, linesMax: 5, in: index)
        }
        #expect(index.select(channel: Array("rare".utf8), .all).count == 20)
    }

    @Test("A line larger than the bound still comes, alone")
    func largeLine() throws {
        // Given
        let index = LogIndex(hash: ChannelHash(seed: (1, 2)))
        index.append(bytes: 5_000, crc: 0, channel: "general", isMessage: true)
        index.append(bytes: 10, crc: 0, channel: "general", isMessage: true)
        var selection = index.select(channel: nil, .all)
        // When
        let runs = try selection.next(bytesMax: 100, linesMax: 10, in: index)
        // Then
        #expect(runs == [LineRun(first: Offset(1), count: 1, positions: 0..<5_000)])
        #expect(selection.count == 1)
    }
}
