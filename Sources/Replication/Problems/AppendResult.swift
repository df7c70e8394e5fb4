import LogLine

/// What `POST /append` says of one draft, as one line of its answer.
///
/// | result | line |
/// |---|---|
/// | written | the receipt |
/// | repeated | the first one's receipt with `"repeated":true` as its last member |
/// | refused | `{"error":{the problem}}` |
public enum AppendResult: Equatable, Sendable {
    case written(Receipt)
    case repeated(Receipt)
    // Apart, so that the others are small to hand on.
    indirect case refused(Problem)

    /// Of the write by itself: 201, 200, or the problem's.
    public var status: Int {
        switch self {
        case .written: 201
        case .repeated: 200
        case .refused(let problem): problem.status
        }
    }

    public var receipt: Receipt? {
        switch self {
        case .written(let receipt), .repeated(let receipt): receipt
        case .refused: nil
        }
    }

    public var position: Position? { receipt?.position }

    /// Appends the line with its newline.
    public func encode(into out: ByteBuffer) {
        switch self {
        case .written(let receipt):
            receipt.encode(into: out)
            out.append("\n")
        case .repeated(let receipt):
            receipt.encodeMembers(into: out)
            out.append(",\"repeated\":true}\n")
        case .refused(let problem):
            out.append("{\"error\":")
            problem.encode(into: out)
            out.append("}\n")
        }
    }

    /// Reads a line (without its newline) that `encode`, or a later version of it, wrote. Members that are
    /// not known are passed over; a missing or wrong one is an error that names it.
    public static func decode(_ line: UnsafeRawBufferPointer) throws(InvalidField) -> AppendResult {
        var reader = JSONReader(line)
        var members = Members()
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() { try members.read(name, from: &reader) }
        try reader.end()
        return try members.result()
    }

    private struct Members {
        private var offset: Offset?
        private var epoch: Epoch?
        private var time: Timestamp?
        private var channel: Channel?
        private var id: MessageID?
        private var isRepeated = false
        private var problem: Problem?

        mutating func read(_ name: [UInt8], from reader: inout JSONReader) throws(InvalidField) {
            switch String(decoding: name, as: UTF8.self) {
            case "offset": offset = Offset(try reader.unsignedInteger(field: "offset"))
            case "epoch": epoch = try reader.epoch()
            case "time": time = try Self.time(from: &reader)
            case "channel":
                channel = try Channel(
                    validating: try reader.string(field: "channel", bytesMax: LineLimits.channelBytesMax))
            case "id":
                id = try MessageID(
                    validating: try reader.string(field: "id", bytesMax: LineLimits.idBytesMax))
            case "repeated": isRepeated = try reader.boolean(field: "repeated")
            case "error": problem = try Problem.decode(from: &reader)
            default: _ = try reader.skipValue(field: nil)
            }
        }

        func result() throws(InvalidField) -> AppendResult {
            if let problem { return .refused(problem) }
            guard let offset, offset > .zero else { throw ProblemMembers.missing("offset") }
            guard let epoch else { throw ProblemMembers.missing("epoch") }
            guard let time else { throw ProblemMembers.missing("time") }
            guard let channel else { throw ProblemMembers.missing("channel") }
            let receipt = Receipt(
                position: Position(epoch: epoch, offset: offset), time: time, channel: channel, id: id)
            return isRepeated ? .repeated(receipt) : .written(receipt)
        }

        private static func time(from reader: inout JSONReader) throws(InvalidField) -> Timestamp {
            let bytes = try reader.string(field: "time", bytesMax: Timestamp.textBytes)
            guard let time = bytes.withUnsafeBytes({ Timestamp($0) }) else {
                throw InvalidField(field: "time", detail: "time is not of the form 2026-11-20T06:31:00.123Z")
            }
            return time
        }
    }
}
