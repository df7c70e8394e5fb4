import LogLine
import Replication
import TestSupport
import Testing

@Suite("After a failed write")
struct RewindTests {
    @Test("offsets, time, digest, ids and keys are as if nothing had been admitted")
    func rewind() throws {
        var sequencer = makeSequencer()
        let lines = ByteBuffer()
        _ = sequencer.admit(try message("1", id: "a", key: "k"), now: sampleTime, into: lines)
        sequencer.commit(through: Offset(1))
        let digest = sequencer.digest
        let later = Timestamp(milliseconds: sampleTime.milliseconds + 9)
        _ = sequencer.admit(try message("2", id: "b", key: "k"), now: later, into: lines)
        _ = sequencer.admit(try message("3", id: "c", key: "l"), now: later, into: lines)
        #expect(sequencer.rewind() == Offset(2)..<Offset(4))
        #expect(sequencer.head == Offset(1) && sequencer.digest == digest && sequencer.term == 1)
        #expect(sequencer.idCount == 1 && sequencer.keyCount == 1 && sequencer.pendingBytes == 0)
        let again = try message("2 anew", id: "b", key: "l", expect: ["k": 1, "l": 0])
        #expect(
            sequencer.admit(again, now: sampleTime, into: lines)
                == .assigned(offset: Offset(2), time: sampleTime))
    }

    @Test("ids that newer ones would have pushed out are still known")
    func forgottenIDs() throws {
        var sequencer = makeSequencer(ids: 3)
        let lines = ByteBuffer()
        for number in 1...5 {
            _ = sequencer.admit(try message("x", id: "i\(number)"), now: sampleTime, into: lines)
        }
        sequencer.commit(through: Offset(4))
        _ = sequencer.rewind()
        for number in 2...4 {
            let again = sequencer.admit(try message("x", id: "i\(number)"), now: sampleTime, into: lines)
            #expect(again == .repeated(offset: Offset(UInt64(number)), time: sampleTime))
        }
    }

    @Test("nothing is taken back when all is durable, and a new term begins")
    func nothingPending() throws {
        var sequencer = makeSequencer()
        #expect(sequencer.rewind().isEmpty)
        #expect(sequencer.term == 1)
    }

    /// A sequencer that sees everything and one that never sees what fails must write the same bytes and give
    /// the same answers from then on.
    @Test("a sequencer is the same as one that never saw the failed drafts", arguments: 0..<40)
    func model(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        var tried = makeSequencer(ids: 8, lines: 12)
        var spared = makeSequencer(ids: 8, lines: 12)
        for round in 0..<30 {
            let drafts = try (0..<random.below(8)).map { _ in try Self.draft(&random) }
            let now = Timestamp(milliseconds: sampleTime.milliseconds + Int64(random.below(50)))
            if random.oneIn(3) {
                let lost = ByteBuffer()
                for draft in drafts { _ = tried.admit(draft, now: now, into: lost) }
                _ = tried.rewind()
            } else {
                let (ours, theirs) = (ByteBuffer(), ByteBuffer())
                for draft in drafts {
                    let admission = tried.admit(draft, now: now, into: ours)
                    let other = spared.admit(draft, now: now, into: theirs)
                    #expect(admission == other, "seed \(seed), round \(round)")
                }
                #expect(ours.array == theirs.array, "seed \(seed), round \(round)")
                tried.commit(through: tried.head)
                spared.commit(through: spared.head)
            }
            #expect(tried.digest == spared.digest, "seed \(seed), round \(round)")
            #expect(tried.idCount == spared.idCount && tried.keyCount == spared.keyCount, "seed \(seed)")
        }
    }

    private static func draft(_ random: inout SplitMix64) throws -> Draft {
        let key = random.oneIn(2) ? "k\(random.below(6))" : nil
        return try message(
            "text \(random.below(3))", id: random.oneIn(4) ? nil : "i\(random.below(20))",
            author: random.oneIn(2) ? "alice" : nil, key: key,
            expect: random.oneIn(4) ? ["k\(random.below(6))": UInt64(random.below(4))] : [:])
    }
}

@Suite("Recovery")
struct RestoreTests {
    @Test("gives the sequencer that wrote the lines", arguments: 0..<10)
    func restores(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        var original = makeSequencer(ids: 8)
        let written = ByteBuffer()
        for number in 0..<60 {
            let draft = try message(
                "t\(random.below(3)) \"\\ \u{1} ü", id: random.oneIn(3) ? nil : "i\(number / 2)",
                author: random.oneIn(2) ? "a\"\\b" : nil, channel: random.oneIn(2) ? "c\"\\d" : "plain",
                key: random.oneIn(3) ? "k\"\(random.below(5))" : nil)
            _ = original.admit(draft, now: sampleTime, into: written)
            original.commit(through: original.head)
        }
        var restored = makeSequencer(ids: 8)
        try restore(lines(in: written.array), into: &restored)
        #expect(restored.head == original.head && restored.durable == original.head, "seed \(seed)")
        #expect(restored.digest == original.digest && restored.durableDigest == original.digest)
        #expect(restored.idCount == original.idCount && restored.keyCount == original.keyCount)
        let (ours, theirs) = (ByteBuffer(), ByteBuffer())
        for number in 0..<80 {
            let draft = try message(
                "t\(random.below(3)) \"\\ \u{1} ü", id: "i\(number / 2)", author: "a\"\\b",
                channel: random.oneIn(2) ? "c\"\\d" : "plain",
                expect: random.oneIn(2) ? ["k\"\(random.below(5))": UInt64(random.below(60))] : [:])
            #expect(
                restored.admit(draft, now: sampleTime, into: ours)
                    == original.admit(draft, now: sampleTime, into: theirs), "seed \(seed)")
        }
        #expect(ours.array == theirs.array)
    }

    @Test("knows data entries by kind and value")
    func data() throws {
        var original = makeSequencer()
        let written = ByteBuffer()
        let draft = try entry("{\"a\":[1,\"x\"]}", kind: "room", id: "i")
        _ = original.admit(draft, now: sampleTime, into: written)
        var restored = makeSequencer()
        try restore(lines(in: written.array), into: &restored)
        let scratch = ByteBuffer()
        #expect(
            restored.admit(draft, now: sampleTime, into: scratch)
                == .repeated(offset: Offset(1), time: sampleTime))
        let other = try entry("{\"a\":[1,\"y\"]}", kind: "room", id: "i")
        #expect(
            restored.admit(other, now: sampleTime, into: scratch)
                == .refused(.idConflict(first: Offset(1))))
    }

    @Test("keeps time from going back behind the newest line's")
    func time() throws {
        var original = makeSequencer()
        let written = ByteBuffer()
        _ = original.admit(try message("1"), now: sampleTime, into: written)
        var restored = makeSequencer()
        try restore(lines(in: written.array), into: &restored)
        let early = Timestamp(milliseconds: 0)
        #expect(
            restored.admit(try message("2"), now: early, into: written)
                == .assigned(offset: Offset(2), time: sampleTime))
    }
}
