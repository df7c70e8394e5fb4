import LogLine

/// One line of a body of `POST /confirmations`:
/// `{"offset":O,"confirm":"majority","timeout_ms":5000,"wait":7}`. `wait` is the asker's own number for it,
/// which the answer repeats; it may be left out, and so may `epoch`.
public struct ConfirmationWait: Equatable, Sendable {
    public let offset: Offset
    /// Whose offset it is; nil: the asker takes it for granted.
    public let epoch: Epoch?
    public let requirement: ConfirmationRequirement
    public let timeout: Duration
    public let number: UInt64?

    public init(
        offset: Offset, epoch: Epoch? = nil, requirement: ConfirmationRequirement, timeout: Duration,
        number: UInt64? = nil
    ) {
        self.offset = offset
        self.epoch = epoch
        self.requirement = requirement
        self.timeout = timeout
        self.number = number
    }

    /// Appends the line with its newline.
    public func encode(into out: ByteBuffer) {
        out.append("{\"offset\":")
        out.append(decimal: offset.value)
        out.append(utf8: ",\"confirm\":\"\(requirement)\",\"timeout_ms\":")
        out.append(decimal: UInt64(max(0, timeout / .milliseconds(1))))
        if let epoch { out.append(utf8: ",\"epoch\":\"\(epoch)\"") }
        if let number {
            out.append(",\"wait\":")
            out.append(decimal: number)
        }
        out.append("}\n")
    }

    public static func decode(_ line: UnsafeRawBufferPointer) throws(InvalidField) -> ConfirmationWait {
        var reader = JSONReader(line)
        var offset: Offset?
        var requirement: ConfirmationRequirement?
        var timeout = ConfirmationLimits.timeoutDefault
        var number: UInt64?
        var epoch: Epoch?
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            let field = String(decoding: name, as: UTF8.self)
            switch field {
            case "offset": offset = Offset(try reader.unsignedInteger(field: field))
            case "epoch": epoch = try reader.epoch()
            case "confirm": requirement = try self.requirement(&reader)
            case "timeout_ms":
                let max = UInt64(ConfirmationLimits.timeoutMax / .milliseconds(1))
                timeout = .milliseconds(Int(try reader.unsignedInteger(field: field, max: max)))
            case "wait": number = try reader.unsignedInteger(field: field)
            default: throw InvalidField(field: field, detail: "\(field.prefix(64)) is unknown here")
            }
        }
        try reader.end()
        guard let offset else { throw ProblemMembers.missing("offset") }
        guard let requirement else { throw ProblemMembers.missing("confirm") }
        return ConfirmationWait(
            offset: offset, epoch: epoch, requirement: requirement, timeout: timeout, number: number)
    }

    private static func requirement(
        _ reader: inout JSONReader
    ) throws(InvalidField) -> ConfirmationRequirement {
        let text = String(decoding: try reader.string(field: "confirm", bytesMax: 64), as: UTF8.self)
        guard let requirement = ConfirmationRequirement(text) else {
            throw InvalidField(
                field: "confirm", detail: "confirm is '\(text)'; it takes \(ConfirmationRequirement.expects)")
        }
        return requirement
    }
}

/// One line of the answer:
/// `{"offset":O,"confirm":"majority","confirmed_by":3,"of":5,"took_ms":1.204,"confirmed":true,"wait":7}`.
public struct ConfirmationResult: Equatable, Sendable {
    public let isConfirmed: Bool
    public let confirmation: Confirmation

    public init(isConfirmed: Bool, confirmation: Confirmation) {
        self.isConfirmed = isConfirmed
        self.confirmation = confirmation
    }

    /// How many have applied it could not be found out.
    public static let unknown = ConfirmationResult(
        isConfirmed: false, confirmation: Confirmation(confirmedBy: 0, of: 0, took: .zero))

    /// Appends the line with its newline.
    public func encode(of wait: ConfirmationWait, into out: ByteBuffer) {
        out.append("{\"offset\":")
        out.append(decimal: wait.offset.value)
        out.append(utf8: ",\"confirm\":\"\(wait.requirement)\"")
        confirmation.encodeMembers(into: out)
        out.append(isConfirmed ? ",\"confirmed\":true" : ",\"confirmed\":false")
        if let number = wait.number {
            out.append(",\"wait\":")
            out.append(decimal: number)
        }
        out.append("}\n")
    }

    /// Reads a line; `took` is left to who measures it.
    public static func decode(
        _ line: UnsafeRawBufferPointer
    ) throws(InvalidField) -> (number: UInt64, result: ConfirmationResult) {
        var reader = JSONReader(line)
        var counts: [String: UInt64] = [:]
        var isConfirmed: Bool?
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            let field = String(decoding: name, as: UTF8.self)
            switch field {
            case "confirmed_by", "of", "wait": counts[field] = try reader.unsignedInteger(field: field)
            case "confirmed": isConfirmed = try reader.boolean(field: field)
            default: _ = try reader.skipValue(field: nil)
            }
        }
        try reader.end()
        guard let confirmedBy = counts["confirmed_by"], let of = counts["of"], let number = counts["wait"],
            let isConfirmed
        else { throw ProblemMembers.missing("confirmed_by, of, wait or confirmed") }
        let confirmation = Confirmation(confirmedBy: Int(confirmedBy), of: Int(of), took: .zero)
        return (number, ConfirmationResult(isConfirmed: isConfirmed, confirmation: confirmation))
    }
}

extension Confirmation {
    /// Appends the three members, each with a comma before it.
    public func encodeMembers(into out: ByteBuffer) {
        out.append(utf8: ",\"confirmed_by\":\(confirmedBy),\"of\":\(of),\"took_ms\":")
        out.append(utf8: Milliseconds.text(took))
    }
}

/// Times as the services' JSON has them.
public enum Milliseconds {
    /// With three digits behind the point: `1.204`.
    public static func text(_ duration: Duration) -> String {
        let microseconds = max(0, Int64(duration / .microseconds(1)))
        let fraction = String(microseconds % 1000)
        return "\(microseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }
}
