import LogLine
import TestSupport

/// A log's lines, made of random messages, for tests.
struct LogLines {
    private(set) var lines: [[UInt8]] = []
    /// `digests[n]` is the one after n lines.
    private(set) var digests: [Digest]
    private var random: SplitMix64
    private let after: Offset

    init(seed: UInt64, after: Offset = .zero, digest: Digest = .zero) {
        random = SplitMix64(seed: seed)
        self.after = after
        digests = [digest]
    }

    /// All bytes of all lines.
    var bytes: [UInt8] { Array(lines.joined()) }

    func line(_ offset: Offset) -> [UInt8] { lines[offset - after - 1] }

    /// Appends a line with a text of `textBytes`, or of a random length.
    mutating func add(channel: String? = nil, textBytes: Int? = nil, isMessage: Bool = true) throws {
        let name = channel ?? ["general", "random", #"quo"ted"#, "@private"][random.below(4)]
        let text = (0..<(textBytes ?? 1 + random.below(300))).map { _ in UInt8(0x20 + random.below(95)) }
        let body =
            isMessage
            ? Draft.Body.text(text) : .data(kind: try Kind(validating: Array("note".utf8)), json: [0x31])
        let draft = Draft(channel: try Channel(validating: Array(name.utf8)), body: body)
        let buffer = ByteBuffer()
        let time = Timestamp(milliseconds: 1_795_156_260_123 + Int64(lines.count))
        let crc = Line.encode(draft, offset: after + (lines.count + 1), time: time, into: buffer)
        lines.append(buffer.array)
        digests.append(digests[digests.count - 1].adding(crc: crc))
    }
}
