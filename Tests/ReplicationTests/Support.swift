import LogLine
import Replication

let sampleEpoch = Epoch(0x8F14_E45F_CEEA_167A)
let sampleSeed = FingerprintKey(low: 0x0706_0504_0302_0100, high: 0x0F0E_0D0C_0B0A_0908)
let sampleTime = Timestamp(milliseconds: 1_795_156_260_123)

func message(
    _ text: String, id: String? = nil, author: String? = nil, channel: String = "default-channel",
    key: String? = nil, expect: [String: UInt64] = [:]
) throws -> Draft {
    try Draft(
        channel: Channel(validating: Array(channel.utf8)),
        key: key.map { try Key(validating: Array($0.utf8)) },
        author: author.map { try Author(validating: Array($0.utf8)) },
        id: id.map { try MessageID(validating: Array($0.utf8)) },
        body: .text(Array(text.utf8)),
        expectations: expect.sorted { $0.key < $1.key }.map {
            try Draft.Expectation(key: Key(validating: Array($0.key.utf8)), offset: Offset($0.value))
        })
}

func entry(
    _ json: String, kind: String, id: String? = nil, channel: String = "default-channel", key: String? = nil
) throws -> Draft {
    var draft = try message("x", id: id, channel: channel, key: key)
    draft.body = .data(kind: try Kind(validating: Array(kind.utf8)), json: Array(json.utf8))
    return draft
}

func makeSequencer(
    ids: Int = 1000, lines: Int = 1000, bytes: Int = 1 << 20, epoch: Epoch = sampleEpoch
) -> Sequencer {
    var limits = SequencerLimits()
    limits.idEntriesMax = ids
    limits.pendingLinesMax = lines
    limits.pendingBytesMax = bytes
    return Sequencer(epoch: epoch, seed: sampleSeed, limits: limits)
}

/// The lines in `bytes`, without their newlines.
func lines(in bytes: [UInt8]) -> [[UInt8]] {
    bytes.split(separator: UInt8(ascii: "\n")).map(Array.init)
}

/// What `Sequencer.restore` makes of lines.
func restore(_ lines: [[UInt8]], into sequencer: inout Sequencer) throws {
    for line in lines {
        try line.withUnsafeBytes { bytes in
            try sequencer.restore(try Line.scan(bytes), bytes)
        }
    }
}

/// A log's history for tests of followers: `count` lines from offset 1 on, and the digest after each.
struct SampleHistory {
    let epoch: Epoch
    private(set) var bytes: [[UInt8]] = []
    private(set) var digests: [Digest] = [.zero]

    init(_ count: Int, epoch: Epoch = sampleEpoch, text: String = "text") throws {
        self.epoch = epoch
        for number in 1...count {
            let out = ByteBuffer()
            let draft = try message("\(text) \(number)")
            let crc = Line.encode(draft, offset: Offset(UInt64(number)), time: sampleTime, into: out)
            bytes.append(out.array)
            digests.append(digests[number - 1].adding(crc: crc))
        }
    }

    /// Lines `range`, counted by offset.
    func batch(_ range: ClosedRange<Int>) throws -> LineBatch {
        var published: [ByteSlice] = []
        BusPayload.encode(
            ByteSlice(range.flatMap { bytes[$0 - 1] }), epoch: epoch,
            after: Offset(UInt64(range.lowerBound - 1))
        ) { published.append($0) }
        return try BusPayload.decode(published[0].pointer)
    }

    func crc(_ offset: Int) throws -> UInt32 {
        try bytes[offset - 1].dropLast().withUnsafeBytes { try Line.scan($0).crc }
    }

    func identity(_ offset: Int) -> LogIdentity {
        LogIdentity(epoch: epoch, offset: Offset(UInt64(offset)), digest: digests[offset])
    }
}
