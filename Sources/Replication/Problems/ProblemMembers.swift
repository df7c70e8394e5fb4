import LogLine

/// The members of a problem while it is being read.
struct ProblemMembers {
    private var type: String?
    private var status: UInt64?
    private var detail: String?
    private var field: String?
    private var id: MessageID?
    private var firstOffset: Offset?
    private var current: [Draft.Expectation] = []
    private var retryAfter: Int?
    private var identity = LogIdentityMembers()

    mutating func read(_ name: [UInt8], from reader: inout JSONReader) throws(InvalidField) {
        if try identity.read(name, from: &reader) { return }
        switch String(decoding: name, as: UTF8.self) {
        case "type": type = try text("type", from: &reader)
        case "status": status = try reader.unsignedInteger(field: "status", max: 599)
        case "detail": detail = try text("detail", from: &reader)
        case "field": field = try text("field", from: &reader)
        case "id":
            id = try MessageID(
                validating: try reader.string(field: "id", bytesMax: LineLimits.idBytesMax))
        case "first_offset":
            firstOffset = Offset(try reader.unsignedInteger(field: "first_offset"))
        case "retry_after": retryAfter = Int(try reader.unsignedInteger(field: "retry_after"))
        case "current": try readCurrent(from: &reader)
        default: _ = try reader.skipValue(field: nil)
        }
    }

    func problem() throws(InvalidField) -> Problem {
        guard let type else { throw Self.missing("type") }
        guard let status else { throw Self.missing("status") }
        guard status >= 400 else {
            throw InvalidField(field: "status", detail: "status \(status) is not that of a problem")
        }
        return Problem(
            ProblemType(uri: type) ?? .nearest(status: Int(status)), detail ?? "", field: field, id: id,
            firstOffset: firstOffset, current: current, log: identity.identity, retryAfter: retryAfter)
    }

    private func text(_ name: String, from reader: inout JSONReader) throws(InvalidField) -> String {
        let bytes = try reader.string(field: name, bytesMax: Problem.textBytesMax)
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func readCurrent(from reader: inout JSONReader) throws(InvalidField) {
        try reader.beginObject(field: "current")
        while let name = try reader.nextKey() {
            guard current.count < LineLimits.expectationsMax else {
                throw InvalidField(
                    field: "current", detail: "current has more than \(LineLimits.expectationsMax) keys")
            }
            let key = try Key(validating: name, field: "current")
            let offset = Offset(try reader.unsignedInteger(field: "current"))
            current.append(Draft.Expectation(key: key, offset: offset))
        }
    }

    static func missing(_ name: String) -> InvalidField {
        InvalidField(field: name, detail: "\(name) is missing")
    }
}
