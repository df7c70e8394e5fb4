import LogLine
import Replication
import Testing

@Suite("The sequencer")
struct SequencerTests {
    @Test("gives contiguous offsets and writes each draft's line, readable as it was meant")
    func assigns() throws {
        var sequencer = makeSequencer()
        let lines = ByteBuffer()
        let first = sequencer.admit(try message("one", id: "a"), now: sampleTime, into: lines)
        let second = sequencer.admit(try entry("{\"n\":1}", kind: "k"), now: sampleTime, into: lines)
        #expect(first == .assigned(offset: Offset(1), time: sampleTime))
        #expect(second == .assigned(offset: Offset(2), time: sampleTime))
        let written = ReplicationTests.lines(in: lines.array)
        let one = try written[0].withUnsafeBytes { try Line.parse($0) }
        #expect(one.offset == Offset(1) && one.text == Array("one".utf8))
        let two = try written[1].withUnsafeBytes { try Line.parse($0) }
        #expect(two.offset == Offset(2) && two.kind?.description == "k")
        #expect(sequencer.digest == Digest.zero.adding(crc: one.crc).adding(crc: two.crc))
        #expect(sequencer.pendingLines == 2 && sequencer.pendingBytes == lines.count)
    }

    @Test("never lets time go backwards")
    func timeIsMonotone() throws {
        var sequencer = makeSequencer()
        let lines = ByteBuffer()
        let later = Timestamp(milliseconds: sampleTime.milliseconds + 5)
        _ = sequencer.admit(try message("one"), now: later, into: lines)
        let second = sequencer.admit(try message("two"), now: sampleTime, into: lines)
        #expect(second == .assigned(offset: Offset(2), time: later))
    }

    @Test("tells nothing that is not durable: head and digest at durable lag until the commit")
    func commit() throws {
        var sequencer = makeSequencer()
        let lines = ByteBuffer()
        for number in 1...3 { _ = sequencer.admit(try message("\(number)"), now: sampleTime, into: lines) }
        #expect(sequencer.durable == .zero && sequencer.durableDigest == .zero)
        sequencer.commit(through: Offset(3))
        #expect(sequencer.durable == Offset(3) && sequencer.durableDigest == sequencer.digest)
        #expect(sequencer.pendingLines == 0 && sequencer.pendingBytes == 0)
    }

    @Test("commits a part of what is pending")
    func partialCommit() throws {
        var sequencer = makeSequencer()
        let lines = ByteBuffer()
        _ = sequencer.admit(try message("1"), now: sampleTime, into: lines)
        let digest = sequencer.digest
        let bytes = lines.count
        _ = sequencer.admit(try message("2"), now: sampleTime, into: lines)
        sequencer.commit(through: Offset(1))
        #expect(sequencer.durable == Offset(1) && sequencer.durableDigest == digest)
        #expect(sequencer.pendingLines == 1 && sequencer.pendingBytes == lines.count - bytes)
    }
}

@Suite("A repeated id")
struct RepeatedIDTests {
    @Test("with the same text is answered with the first result and writes nothing")
    func repeated() throws {
        var sequencer = makeSequencer()
        let lines = ByteBuffer()
        let draft = try message("hello", id: "a", author: "alice")
        _ = sequencer.admit(draft, now: sampleTime, into: lines)
        let bytes = lines.count
        let later = Timestamp(milliseconds: sampleTime.milliseconds + 1000)
        let again = sequencer.admit(draft, now: later, into: lines)
        #expect(again == .repeated(offset: Offset(1), time: sampleTime))
        #expect(again.restsOn == Offset(1))
        #expect(lines.count == bytes && sequencer.head == Offset(1))
    }

    @Test(
        "with something else is a conflict that names the first offset",
        arguments: ["other text", "hellp", "hello "])
    func conflict(text: String) throws {
        var sequencer = makeSequencer()
        let lines = ByteBuffer()
        _ = sequencer.admit(try message("hello", id: "a"), now: sampleTime, into: lines)
        let again = sequencer.admit(try message(text, id: "a"), now: sampleTime, into: lines)
        #expect(again == .refused(.idConflict(first: Offset(1))))
        #expect(again.restsOn == Offset(1))
    }

    @Test("of another kind or as data instead of text is a conflict")
    func kindConflict() throws {
        var sequencer = makeSequencer()
        let lines = ByteBuffer()
        _ = sequencer.admit(try entry("\"x\"", kind: "a", id: "i"), now: sampleTime, into: lines)
        let kind = sequencer.admit(try entry("\"x\"", kind: "b", id: "i"), now: sampleTime, into: lines)
        let text = sequencer.admit(try message("\"x\"", id: "i"), now: sampleTime, into: lines)
        #expect(kind == .refused(.idConflict(first: Offset(1))))
        #expect(text == .refused(.idConflict(first: Offset(1))))
    }

    @Test("with another reply_to is a conflict, also when the first one was found on disk")
    func replyConflict() throws {
        var sequencer = makeSequencer()
        var restored = makeSequencer()
        let lines = ByteBuffer()
        var draft = try message("hello", id: "a")
        draft.replyTo = Offset(7)
        _ = sequencer.admit(draft, now: sampleTime, into: lines)
        let line = UnsafeRawBufferPointer(rebasing: lines.pointer.dropLast())
        try restored.restore(try Line.scan(line), line)
        let other = ByteBuffer()
        for replyTo in [nil, Offset(8), Offset(71)] {
            draft.replyTo = replyTo
            let conflict = Admission.refused(.idConflict(first: Offset(1)))
            #expect(sequencer.admit(draft, now: sampleTime, into: other) == conflict)
            #expect(restored.admit(draft, now: sampleTime, into: other) == conflict)
        }
        draft.replyTo = Offset(7)
        let repeated = Admission.repeated(offset: Offset(1), time: sampleTime)
        #expect(sequencer.admit(draft, now: sampleTime, into: other) == repeated)
        #expect(restored.admit(draft, now: sampleTime, into: other) == repeated)
    }

    @Test("of a line whose text was erased is answered with its offset, whatever the text")
    func erasedText() throws {
        var sequencer = makeSequencer()
        var restored = makeSequencer()
        let lines = ByteBuffer()
        let draft = try message("secret", id: "a", author: "alice")
        _ = sequencer.admit(draft, now: sampleTime, into: lines)
        let bytes = UnsafeRawBufferPointer(rebasing: lines.pointer.dropLast())
        let left = try #require(try Line.redacted(bytes, try Line.scan(bytes)))
        try restore([left.dropLast()], into: &restored)
        #expect(restored.digest == sequencer.digest)
        let repeated = Admission.repeated(offset: Offset(1), time: sampleTime)
        for text in ["secret", "another"] {
            let retry = try message(text, id: "a", author: "alice")
            #expect(restored.admit(retry, now: sampleTime, into: lines) == repeated)
        }
        let other = try message("secret", id: "a", author: "bob")
        #expect(
            restored.admit(other, now: sampleTime, into: lines)
                == .assigned(offset: Offset(2), time: sampleTime))
    }

    @Test("is meant within channel and author")
    func scope() throws {
        var sequencer = makeSequencer()
        let lines = ByteBuffer()
        let drafts = try [
            message("x", id: "i"), message("x", id: "i", author: "a"), message("x", id: "i", author: "b"),
            message("x", id: "i", channel: "other"), message("x", id: "i", author: "a", channel: "other"),
            message("x", id: "j"), message("x", id: "i", author: "othe", channel: "r"),
        ]
        for (index, draft) in drafts.enumerated() {
            let admission = sequencer.admit(draft, now: sampleTime, into: lines)
            #expect(admission == .assigned(offset: Offset(UInt64(index + 1)), time: sampleTime))
        }
    }

    @Test("is judged before expectations: the retry of a conditional append succeeds")
    func beforeExpectations() throws {
        var sequencer = makeSequencer()
        let lines = ByteBuffer()
        let draft = try message("me", id: "i", key: "account:alice", expect: ["account:alice": 0])
        #expect(
            sequencer.admit(draft, now: sampleTime, into: lines)
                == .assigned(offset: Offset(1), time: sampleTime))
        #expect(
            sequencer.admit(draft, now: sampleTime, into: lines)
                == .repeated(offset: Offset(1), time: sampleTime))
    }

    @Test("is judged before overload: what is written already can be told")
    func beforeOverload() throws {
        var sequencer = makeSequencer(lines: 1)
        let lines = ByteBuffer()
        let draft = try message("x", id: "i")
        _ = sequencer.admit(draft, now: sampleTime, into: lines)
        #expect(
            sequencer.admit(draft, now: sampleTime, into: lines)
                == .repeated(offset: Offset(1), time: sampleTime))
    }

    @Test("is forgotten when enough newer ids are durable, and only then")
    func eviction() throws {
        var sequencer = makeSequencer(ids: 3)
        let lines = ByteBuffer()
        for number in 1...5 {
            _ = sequencer.admit(try message("x", id: "i\(number)"), now: sampleTime, into: lines)
        }
        let pending = sequencer.admit(try message("x", id: "i1"), now: sampleTime, into: lines)
        #expect(pending == .repeated(offset: Offset(1), time: sampleTime))
        sequencer.commit(through: Offset(5))
        #expect(sequencer.idCount == 3)
        let kept = sequencer.admit(try message("x", id: "i3"), now: sampleTime, into: lines)
        #expect(kept == .repeated(offset: Offset(3), time: sampleTime))
        let forgotten = sequencer.admit(try message("x", id: "i2"), now: sampleTime, into: lines)
        #expect(forgotten == .assigned(offset: Offset(6), time: sampleTime))
    }
}

@Suite("A conditional append")
struct ExpectationTests {
    @Test("is taken when every key is where it is expected")
    func met() throws {
        var sequencer = makeSequencer()
        let lines = ByteBuffer()
        _ = sequencer.admit(try message("1", key: "room:7"), now: sampleTime, into: lines)
        let draft = try message("2", key: "room:7", expect: ["room:7": 1, "room:8": 0])
        #expect(
            sequencer.admit(draft, now: sampleTime, into: lines)
                == .assigned(offset: Offset(2), time: sampleTime))
    }

    @Test("is refused with the current offsets of all keys that moved, and writes nothing")
    func unmet() throws {
        var sequencer = makeSequencer()
        let lines = ByteBuffer()
        _ = sequencer.admit(try message("1", key: "a"), now: sampleTime, into: lines)
        _ = sequencer.admit(try message("2", key: "b"), now: sampleTime, into: lines)
        _ = sequencer.admit(try message("3", key: "a"), now: sampleTime, into: lines)
        let bytes = lines.count
        let draft = try message("4", key: "a", expect: ["a": 1, "b": 2, "c": 9])
        let admission = sequencer.admit(draft, now: sampleTime, into: lines)
        let expected = try message("", expect: ["a": 3, "c": 0]).expectations
        #expect(admission == .refused(.expectationsUnmet(expected)))
        #expect(admission.restsOn == Offset(3))
        #expect(lines.count == bytes && sequencer.head == Offset(3))
    }

    @Test("relies on keys of the whole log, not of its channel")
    func keysAreGlobal() throws {
        var sequencer = makeSequencer()
        let lines = ByteBuffer()
        _ = sequencer.admit(try message("1", channel: "one", key: "k"), now: sampleTime, into: lines)
        let draft = try message("2", channel: "two", expect: ["k": 0])
        let expected = try message("", expect: ["k": 1]).expectations
        #expect(
            sequencer.admit(draft, now: sampleTime, into: lines) == .refused(.expectationsUnmet(expected)))
    }
}

@Suite("A flood")
struct OverloadTests {
    @Test("of lines is refused at the bound, and taken again after a commit")
    func lineBound() throws {
        var sequencer = makeSequencer(lines: 2)
        let lines = ByteBuffer()
        _ = sequencer.admit(try message("1"), now: sampleTime, into: lines)
        _ = sequencer.admit(try message("2"), now: sampleTime, into: lines)
        let third = sequencer.admit(try message("3"), now: sampleTime, into: lines)
        #expect(third == .refused(.overloaded(lines: 2, bytes: lines.count)))
        #expect(third.restsOn == .zero)
        sequencer.commit(through: Offset(1))
        let again = sequencer.admit(try message("3"), now: sampleTime, into: lines)
        #expect(again == .assigned(offset: Offset(3), time: sampleTime))
    }

    @Test("of bytes is refused once the bound is reached")
    func byteBound() throws {
        var sequencer = makeSequencer(bytes: 100)
        let lines = ByteBuffer()
        _ = sequencer.admit(try message("1"), now: sampleTime, into: lines)
        let second = sequencer.admit(try message("2"), now: sampleTime, into: lines)
        #expect(second == .refused(.overloaded(lines: 1, bytes: lines.count)))
    }
}
