import LogLine
import Measuring
import Replication

/// What the decisions of the log and of a pod cost per message line of about 200 bytes.
///
///     swift run -c release --package-path Benchmarks replication [PART OF A NAME]
enum ReplicationBenchmark {
    static func run() {
        do {
            try measureAdmission()
            try measureRecovery()
            try measureBus()
        } catch {
            print("the benchmark's own input was refused: \(error)")
        }
    }

    private static let seed = FingerprintKey(low: 0x1234_5678, high: 0x9ABC_DEF0)
    private static let time = Timestamp(milliseconds: 1_795_156_260_123)
    private static let epoch = Epoch(0x8F14_E45F_CEEA_167A)

    /// More ids than the index has room for: it is full, and each takes the place of a forgotten one.
    private static func measureAdmission() throws {
        let drafts = try (0..<1_300_000).map { try draft(id: "c7f3-\($0)") }
        var sequencer = Sequencer(epoch: epoch, seed: seed)
        let out = ByteBuffer(capacity: 1 << 20)
        for draft in drafts {
            out.truncate(to: 0)
            _ = sequencer.admit(draft, now: time, into: out)
            sequencer.commit(through: sequencer.head)
        }
        let bytes = Double(sequencer.indexBytes) / Double(sequencer.idCount)
        print("index: \(sequencer.idCount) ids, \((bytes * 10).rounded() / 10) bytes an id")
        var next = 0
        report("admit with id and commit") {
            admit(drafts, &next, &sequencer, out)
        }
        let repeated = drafts[(next + drafts.count - 1) % drafts.count]
        report("admit a repeated id") {
            if case .repeated = sequencer.admit(repeated, now: time, into: out) { return 1 }
            return 0
        }
        let plain = [try draft(id: nil)]
        report("admit without id and commit") {
            admit(plain, &next, &sequencer, out)
        }
    }

    private static func admit(
        _ drafts: [Draft], _ next: inout Int, _ sequencer: inout Sequencer, _ out: ByteBuffer
    ) -> UInt32 {
        _ = sequencer.admit(drafts[next % drafts.count], now: time, into: out)
        next += 1
        if next % 64 == 0 {
            sequencer.commit(through: sequencer.head)
            out.truncate(to: 0)
        }
        return UInt32(truncatingIfNeeded: out.count)
    }

    private static func measureRecovery() throws {
        let count = 200_000
        let out = ByteBuffer()
        for number in 1...count {
            _ = Line.encode(
                try draft(id: "c7f3-\(number)"), offset: Offset(UInt64(number)), time: time, into: out)
        }
        let bytes = out.pointer
        let lines = LineSplitter(bytes).map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
        var next = 0
        report("scan") {
            next = (next + 1) % count
            return (try? Line.scan(lines[next]))?.crc ?? 0
        }
        var sequencer = Sequencer(epoch: epoch, seed: seed)
        report("scan and restore a line with id") {
            if sequencer.head.value == UInt64(count) { sequencer = Sequencer(epoch: epoch, seed: seed) }
            let line = lines[Int(sequencer.head.value)]
            guard let scan = try? Line.scan(line) else { return 0 }
            return (try? sequencer.restore(scan, line)) == nil ? 0 : 1
        }
    }

    private static func measureBus() throws {
        let out = ByteBuffer()
        for number in 1...64 {
            _ = Line.encode(
                try draft(id: "c7f3-\(number)"), offset: Offset(UInt64(number)), time: time, into: out)
        }
        let lines = out.takeSlice()
        var payload = ByteSlice.empty
        report("payload of 64 lines: encode") {
            BusPayload.encode(lines, epoch: epoch, after: .zero) { payload = $0 }
            return UInt32(truncatingIfNeeded: payload.count)
        }
        report("payload of 64 lines: decode") {
            UInt32(truncatingIfNeeded: (try? BusPayload.decode(payload.pointer))?.count ?? 0)
        }
        let batch = try BusPayload.decode(payload.pointer)
        report("follower: apply 64 lines") {
            var follower = ready()
            return UInt32(truncatingIfNeeded: follower.handle(.busLines(batch), at: .zero).count)
        }
        let crcs = batch.lines.map(\.scan.crc)
        report("follower: take 64 lines") {
            var follower = ready()
            var sum: UInt32 = 0
            for (index, crc) in crcs.enumerated() {
                if follower.take(Offset(UInt64(index + 1)), crc: crc, from: 1) == .apply { sum += 1 }
            }
            return sum
        }
    }

    private static func ready() -> Follower {
        var follower = Follower(hasBus: true, jitterSeed: 1)
        _ = follower.handle(.start, at: .zero)
        _ = follower.handle(.busSubscribed, at: .zero)
        _ = follower.handle(.streamStarted(1, epoch: epoch, head: .zero), at: .zero)
        return follower
    }

    private static func draft(id: String?) throws(InvalidField) -> Draft {
        Draft(
            channel: try Channel(validating: Array("default-channel".utf8)),
            author: try Author(validating: Array("alice".utf8)),
            id: try id.map { id throws(InvalidField) in try MessageID(validating: Array(id.utf8)) },
            body: .text(Array("Good morning everyone, the build is green again and lunch is ready".utf8)))
    }
}
