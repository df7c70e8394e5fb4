import LogLine
import TestSupport
import Testing

@testable import Views

@Suite("Log index")
struct LogIndexTests {
    /// What an index was given, kept plainly.
    private struct Model {
        let start: Offset
        var bytes: [Int] = []
        var crcs: [UInt32] = []
        /// `digests[n]` is the one after n lines.
        var digests: [Digest]
        /// `ends[n]` is the stream position after n lines.
        var ends: [UInt64]

        init(after: Offset, digest: Digest, position: UInt64) {
            start = after
            digests = [digest]
            ends = [position]
        }

        mutating func append(bytes count: Int, crc: UInt32) {
            bytes.append(count)
            crcs.append(crc)
            digests.append(digests[digests.count - 1].adding(crc: crc))
            ends.append(ends[ends.count - 1] + UInt64(count))
        }

        func crc(of offset: Offset) -> UInt32 { crcs[offset - start - 1] }
    }

    @Test(
        "Positions and the digest at every offset agree with a plain fold, from any start and across trims",
        arguments: UInt64(1)...12)
    func model(seed: UInt64) {
        // Given
        var random = SplitMix64(seed: seed)
        let after = Offset(seed % 3 == 0 ? 0 : random.next() % 100_000)
        let digest = after == .zero ? Digest.zero : Digest(random.next())
        let position = after == .zero ? 0 : random.next() % (1 << 50)
        var model = Model(after: after, digest: digest, position: position)
        let index = LogIndex(
            after: after, digest: digest, position: position, hash: ChannelHash(seed: (seed, 0)))
        // When
        for _ in 0..<2_000 {
            let bytes = random.oneIn(20) ? 1 + random.below(LineLimits.lineBytesMax) : 1 + random.below(500)
            let crc = UInt32(truncatingIfNeeded: random.next())
            model.append(bytes: bytes, crc: crc)
            index.append(bytes: bytes, crc: crc, channel: "general", isMessage: random.oneIn(2))
            if random.oneIn(400) {
                let first = Offset(index.first.value + UInt64(random.below(index.count + 1)))
                let digest = index.digest(at: first.previous) { model.crc(of: $0) }
                index.drop(before: first, digest: digest)
            }
        }
        // Then
        #expect(index.last == after + 2_000)
        #expect(index.end == model.ends[2_000])
        #expect(index.digest == model.digests[2_000])
        expectRetained(index, equals: model, seed: seed)
    }

    private func expectRetained(_ index: LogIndex, equals model: Model, seed: UInt64) {
        let firstCount = index.first - model.start - 1
        #expect(index.firstDigest == model.digests[firstCount], "seed \(seed)")
        #expect(index.firstPosition == model.ends[firstCount], "seed \(seed)")
        for count in firstCount...2_000 {
            let offset = model.start + count
            var asked = 0
            let digest = index.digest(at: offset) { lineOffset in
                asked += 1
                precondition(lineOffset >= index.first)
                return model.crc(of: lineOffset)
            }
            guard digest == model.digests[count], asked < 256,
                index.position(after: offset) == model.ends[count]
            else {
                Issue.record("offset \(offset), \(asked) crcs asked for, seed \(seed)")
                return
            }
            if count > firstCount {
                #expect(index.positions(of: offset) == model.ends[count - 1]..<model.ends[count])
            }
        }
    }

    @Test("A channel whose name is escaped in the line is found by the name itself")
    func escapedName() {
        // Given
        let index = LogIndex(hash: ChannelHash(seed: (1, 2)))
        // When
        index.append(bytes: 10, crc: 0, channel: #"say \"hi\" \\o/"#, isMessage: true)
        // Then
        let name = Array(#"say "hi" \o/"#.utf8)
        #expect(index.select(channel: name, .all).count == 1)
        #expect(index.channels == [ChannelSummary(name: name, messageCount: 1, last: Offset(1))])
    }

    @Test("The list of channels counts the messages that are still here, and only messages")
    func channels() {
        // Given
        let index = LogIndex(hash: ChannelHash(seed: (1, 2)))
        index.append(bytes: 10, crc: 0, channel: "old", isMessage: true)
        index.append(bytes: 10, crc: 0, channel: "general", isMessage: true)
        index.append(bytes: 10, crc: 0, channel: "general", isMessage: true)
        index.append(bytes: 10, crc: 0, channel: "$accounts", isMessage: false)
        index.append(bytes: 10, crc: 0, channel: "@alice", isMessage: true)
        // When
        index.drop(before: Offset(3), digest: .zero)
        // Then
        let channels = index.channels.sorted { $0.name.lexicographicallyPrecedes($1.name) }
        #expect(
            channels == [
                ChannelSummary(name: Array("@alice".utf8), messageCount: 1, last: Offset(5)),
                ChannelSummary(name: Array("general".utf8), messageCount: 1, last: Offset(3)),
            ])
    }

    @Test("Reserved and private channels' messages and other kinds are not among the public messages")
    func publicMessages() throws {
        // Given
        let index = LogIndex(hash: ChannelHash(seed: (1, 2)))
        let lines: [(StaticString, Bool)] = [
            ("general", true), ("$secret", true), ("@room", true), ("general", false), ("#x", true),
        ]
        // When
        for (channel, isMessage) in lines {
            index.append(bytes: 10, crc: 0, channel: channel, isMessage: isMessage)
        }
        // Then
        var selection = index.select(channel: nil, .all)
        let runs = try selection.next(bytesMax: 1_000, linesMax: 10, in: index)
        #expect(runs.map(\.first) == [Offset(1), Offset(5)])
    }

    @Test(
        "With 1,000 messages in each channel a message takes at most 24 bytes, and with many at most 15",
        arguments: [(100, 1_000, 24.0), (10, 15_000, 15.0), (97, 1_400, 24.0)])
    func memory(channelCount: Int, messages: Int, bytesMax: Double) {
        // Given
        let index = LogIndex(hash: ChannelHash(seed: (1, 2)))
        let names = (0..<channelCount).map { Array("channel-\($0)".utf8) }
        // When
        for number in 0..<channelCount * messages {
            index.append(
                bytes: 230, crc: UInt32(number), channel: names[number % channelCount], isMessage: true)
        }
        // Then
        let bytes = Double(index.indexBytes) / Double(channelCount * messages)
        #expect(bytes <= bytesMax)
    }

    @Test("The bound of 24 bytes holds as well while old messages are dropped")
    func trimmedChannelsMemory() {
        // Given
        let index = LogIndex(hash: ChannelHash(seed: (1, 2)))
        let names = (0..<50).map { Array("channel-\($0)".utf8) }
        // When
        for number in 1...200_000 {
            index.append(bytes: 230, crc: 0, channel: names[number % 50], isMessage: true)
            if number % 4_000 == 0, index.count > 50_000 {
                index.drop(before: Offset(UInt64(number - 49_999)), digest: .zero)
            }
        }
        // Then
        #expect(index.count == 50_000)
        #expect(Double(index.indexBytes) / 50_000 <= 24)
    }

    @Test("An index whose front is dropped again and again does not grow, also when every channel is new")
    func trimmedMemory() {
        // Given
        let index = LogIndex(hash: ChannelHash(seed: (1, 2)))
        var bytesMax = 0
        // When
        for number in 1...30_000 {
            index.append(bytes: 230, crc: 0, channel: Array("channel-\(number)".utf8), isMessage: true)
            if number % 100 == 0, number > 1_000 {
                index.drop(before: Offset(UInt64(number - 1_000)), digest: .zero)
            }
            if number == 5_000 { bytesMax = index.indexBytes * 2 }
        }
        // Then
        #expect(index.count == 1_001)
        #expect(index.indexBytes < bytesMax)
    }

    @Test("Everything may be dropped, and the next line goes on from there")
    func dropAll() {
        // Given
        let index = LogIndex(hash: ChannelHash(seed: (1, 2)))
        index.append(bytes: 10, crc: 7, channel: "general", isMessage: true)
        index.append(bytes: 20, crc: 8, channel: "general", isMessage: true)
        // When
        index.drop(before: Offset(3), digest: index.digest)
        // Then
        #expect(index.isEmpty)
        #expect(index.firstDigest == index.digest)
        #expect(index.firstPosition == 30)
        #expect(index.select(channel: nil, .all).isEmpty)
        index.append(bytes: 5, crc: 9, channel: "general", isMessage: true)
        #expect(index.positions(of: Offset(3)) == 30..<35)
        #expect(index.select(channel: Array("general".utf8), .all).count == 1)
    }
}

extension LogIndex {
    func append(bytes: Int, crc: UInt32, channel: StaticString, isMessage: Bool) {
        let name = UnsafeRawBufferPointer(start: channel.utf8Start, count: channel.utf8CodeUnitCount)
        append(bytes: bytes, crc: crc, channel: name, isMessage: isMessage)
    }

    func append(bytes: Int, crc: UInt32, channel: [UInt8], isMessage: Bool) {
        _ = channel.withUnsafeBytes { append(bytes: bytes, crc: crc, channel: $0, isMessage: isMessage) }
    }
}
