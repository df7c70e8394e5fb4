import LogLine

/// A refusal as a client sees it: `application/problem+json`.
///
/// | member | when |
/// |---|---|
/// | `type`, `title`, `status`, `detail`, `remedy` | always |
/// | `field` | a field of the request is to blame |
/// | `id` | the write's id, where it takes the id to go on |
/// | `first_offset` | the line that used the id first |
/// | `current` | `{key: offset of its last line}` for every expectation that is not met |
/// | `retry_after` | it is known how many seconds to wait; else the type says |
/// | `offset`, `epoch`, `confirmed_by`, `of`, `took_ms` | the write that too few pods confirmed |
/// | `epoch`, `offset`, `digest` | what the log says of itself when a position is not its own |
///
/// Readers ignore members they do not know, and take an unknown type for the nearest one with its status.
///
/// Source: RFC 9457, sections 3.1 and 3.2.
public struct Problem: Error, Equatable, Sendable {
    public var type: ProblemType
    /// A sentence for the client: what is wrong here, with the value and the limit.
    public var detail: String
    public var field: String?
    public var id: MessageID?
    public var firstOffset: Offset?
    public var current: [Draft.Expectation]
    public var log: LogIdentity?
    /// The line that is durable, but not confirmed as asked for.
    public var unconfirmed: Unconfirmed?
    /// In seconds, where it is not always the same.
    public var retryAfter: Int?

    public struct Unconfirmed: Equatable, Sendable {
        public let position: Position
        public let confirmation: Confirmation
    }

    public init(
        _ type: ProblemType, _ detail: String, field: String? = nil, id: MessageID? = nil,
        firstOffset: Offset? = nil, current: [Draft.Expectation] = [], log: LogIdentity? = nil,
        retryAfter: Int? = nil
    ) {
        self.type = type
        self.detail = detail
        self.field = field
        self.id = id
        self.firstOffset = firstOffset
        self.current = current
        self.log = log
        self.retryAfter = retryAfter
    }

    public static let mediaType: StaticString = "application/problem+json"
    /// Of `detail` and `field`, when read.
    static let textBytesMax = 8192

    public var status: Int { type.status }
    /// For the header Retry-After; nil when waiting does not help by itself.
    public var retryAfterSeconds: Int? { retryAfter ?? type.retryAfterSeconds }
}

// MARK: - From what went wrong

extension Problem {
    public init(_ invalid: InvalidField) {
        switch invalid.trouble {
        case .malformed: self.init(.malformed, invalid.detail, field: invalid.field)
        case .tooLarge: self.init(.tooLarge, invalid.detail, field: invalid.field)
        }
    }

    /// Why `draft` got no offset.
    public init(_ refusal: Refusal, of draft: Draft) {
        switch refusal {
        case .idConflict(let first):
            self.init(
                .idConflict, "the id was used with another text at offset \(first)", field: "id",
                id: draft.id,
                firstOffset: first)
        case .expectationsUnmet(let current):
            let list = current.map { "\($0.key): \($0.offset)" }.joined(separator: ", ")
            self.init(
                .expectationFailed, "the keys' last offsets are \(list)", field: "expect", id: draft.id,
                current: current)
        case .overloaded(let lines, let bytes):
            self.init(
                .overloaded, "\(lines) lines (\(bytes) bytes) wait for the disk; nothing was written",
                id: draft.id)
        }
    }

    /// Why a write was not kept. The error's own words name files; they are for the log's operator alone.
    public init(_ error: LogError) {
        switch error.code {
        case .diskFull:
            self.init(
                .diskFull, "the disk has no room for this; nothing was written, retry when there is room")
        case .ioError:
            self.init(.ioError, "the disk could not be read or written; nothing was written, retry")
        case .syncFailed, .locked, .damaged, .unusable:
            self.init(.internal, "the log's disk has failed; retry with the same id when the log is back")
        }
    }
}

extension AppendResult {
    /// What the write's answer is, now that it is known how many pods have applied it.
    public func with(_ result: ConfirmationResult, _ requirement: ConfirmationRequirement) -> AppendResult {
        switch self {
        case .refused: return self
        case .written(var receipt):
            guard result.isConfirmed else { return .refused(Problem(receipt, result, requirement)) }
            receipt.confirmation = result.confirmation
            return .written(receipt)
        case .repeated(var receipt):
            guard result.isConfirmed else { return .refused(Problem(receipt, result, requirement)) }
            receipt.confirmation = result.confirmation
            return .repeated(receipt)
        }
    }
}

extension Problem {
    /// A write that is durable, but not confirmed as asked for.
    init(_ receipt: Receipt, _ result: ConfirmationResult, _ requirement: ConfirmationRequirement) {
        let found =
            result == .unknown
            ? "how many pods have applied it is not known"
            : "\(result.confirmation.confirmedBy) of \(result.confirmation.of) pods have applied it"
        self.init(
            .notConfirmed,
            "the line is durable at offset \(receipt.position.offset), but not confirmed by \(requirement) "
                + "in time: \(found)", id: receipt.id)
        unconfirmed = Unconfirmed(position: receipt.position, confirmation: result.confirmation)
    }
}

// MARK: - JSON

extension Problem {
    /// Appends the problem as one JSON object, without a newline.
    public func encode(into out: ByteBuffer) {
        out.append("{\"type\":")
        out.appendJSONString(Array(type.uri.utf8))
        out.append(",\"title\":")
        out.appendJSONString(Array(type.title.utf8))
        out.append(",\"status\":")
        out.append(decimal: UInt64(type.status))
        out.append(",\"detail\":")
        out.appendJSONString(Array(detail.utf8))
        out.append(",\"remedy\":")
        out.appendJSONString(Array(type.remedy.rawValue.utf8))
        encodeExtensions(into: out)
        out.append("}")
    }

    private func encodeExtensions(into out: ByteBuffer) {
        if let field {
            out.append(",\"field\":")
            out.appendJSONString(Array(field.utf8))
        }
        if let id {
            out.append(",\"id\":")
            out.appendJSONString(id.bytes)
        }
        if let firstOffset {
            out.append(",\"first_offset\":")
            out.append(decimal: firstOffset.value)
        }
        if !current.isEmpty { encodeCurrent(into: out) }
        if let retryAfter {
            out.append(",\"retry_after\":")
            out.append(decimal: UInt64(max(retryAfter, 0)))
        }
        if let unconfirmed {
            let position = unconfirmed.position
            out.append(utf8: ",\"offset\":\(position.offset),\"epoch\":\"\(position.epoch)\"")
            unconfirmed.confirmation.encodeMembers(into: out)
        }
        if let log {
            out.append(",")
            log.encodeMembers(into: out)
        }
    }

    private func encodeCurrent(into out: ByteBuffer) {
        out.append(",\"current\":{")
        for (index, expectation) in current.enumerated() {
            if index > 0 { out.append(",") }
            out.appendJSONString(expectation.key.bytes)
            out.append(":")
            out.append(decimal: expectation.offset.value)
        }
        out.append("}")
    }

    /// Reads a problem that `encode`, or a later version of it, wrote.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(InvalidField) -> Problem {
        var reader = JSONReader(bytes)
        let problem = try decode(from: &reader)
        try reader.end()
        return problem
    }

    /// Reads the problem that is the reader's next value.
    static func decode(from reader: inout JSONReader) throws(InvalidField) -> Problem {
        var members = ProblemMembers()
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() { try members.read(name, from: &reader) }
        return try members.problem()
    }
}
