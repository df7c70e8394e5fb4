extension Draft {
    /// Reads the body of `POST /messages/{channel}`: `{"message_text", "author"?, "id"?, "reply_to"?}`.
    ///
    /// Refuses what `JSONReader` refuses, unknown keys, missing or wrong values, each named.
    public static func decode(
        message body: UnsafeRawBufferPointer, channel: Channel
    ) throws(InvalidField) -> Draft {
        let fields = try DraftFields(body, form: .message)
        guard let text = fields.text else { throw DraftFields.missing("message_text") }
        return Draft(
            channel: channel, author: fields.author, id: fields.id, body: .text(text), replyTo: fields.replyTo
        )
    }

    /// Reads one line (without its newline) of `POST /append`: `{"channel", "message_text" and "reply_to"? or
    /// "kind" and "data", "author"?, "id"?, "key"?, "expect"?}`, in any order.
    public static func decode(append line: UnsafeRawBufferPointer) throws(InvalidField) -> Draft {
        let fields = try DraftFields(line, form: .append)
        guard let channel = fields.channel else { throw DraftFields.missing("channel") }
        return Draft(
            channel: channel, key: fields.key, author: fields.author, id: fields.id, body: try fields.body(),
            replyTo: fields.replyTo, expectations: fields.expectations)
    }

    /// A message from outside of JSON: a plain Redis payload. Checks the text as `decode` does.
    public static func text(
        validating text: [UInt8], channel: Channel, author: Author? = nil, id: MessageID? = nil
    ) throws(InvalidField) -> Draft {
        _ = try TextRule.checked(text)
        if let bad = text.withUnsafeBytes(UTF8Text.firstInvalid) {
            throw InvalidField(
                field: "message_text", detail: "message_text is not valid UTF-8 at byte \(bad)")
        }
        return Draft(channel: channel, author: author, id: id, body: .text(text))
    }

    /// Appends the draft as one line of `POST /append`, with its newline.
    public func encode(into out: ByteBuffer) {
        out.reserve(LineLayout.fixedBytesMax + namesBytes * JSONString.growthMax)
        out.write { writer in
            writer.field("{\"channel\":\"", channel.bytes)
            writeNames(to: &writer)
        }
        appendContent(to: out)
        appendExpectations(to: out)
        out.append("}\n")
    }

    private func appendExpectations(to out: ByteBuffer) {
        guard !expectations.isEmpty else { return }
        out.append(",\"expect\":{")
        for (index, expectation) in expectations.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.appendJSONString(expectation.key.bytes)
            out.append(UInt8(ascii: ":"))
            out.append(decimal: expectation.offset.value)
        }
        out.append(UInt8(ascii: "}"))
    }
}

/// Where a draft in JSON comes from.
enum DraftForm {
    /// `POST /messages/{channel}`
    case message
    /// `POST /append`
    case append

    func allows(_ field: DraftField) -> Bool {
        switch field {
        case .text, .author, .id, .replyTo: true
        case .channel, .kind, .key, .data, .expect: self == .append
        }
    }
}

/// The keys of a draft in JSON.
enum DraftField: String {
    case channel, kind, key, author, id
    case text = "message_text"
    case replyTo = "reply_to"
    case data, expect

    init?(name: UnsafeRawBufferPointer) {
        switch LineField(name: name) {
        case .kind: self = .kind
        case .key: self = .key
        case .author: self = .author
        case .id: self = .id
        case .text: self = .text
        case .replyTo: self = .replyTo
        case .data: self = .data
        case nil:
            if Memory.equal(name, "channel") {
                self = .channel
            } else if Memory.equal(name, "expect") {
                self = .expect
            } else {
                return nil
            }
        }
    }
}

/// The fields of a draft while it is read.
struct DraftFields {
    private(set) var channel: Channel?
    private(set) var kind: Kind?
    private(set) var key: Key?
    private(set) var author: Author?
    private(set) var id: MessageID?
    private(set) var text: [UInt8]?
    private(set) var replyTo: Offset?
    private(set) var data: [UInt8]?
    private(set) var expectations: [Draft.Expectation] = []

    private enum Name {
        case known(DraftField)
        case unknown(String)
    }

    init(_ document: UnsafeRawBufferPointer, form: DraftForm) throws(InvalidField) {
        var reader = JSONReader(document)
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey(DraftFields.name) {
            switch name {
            case .known(let field) where form.allows(field): try read(field, from: &reader)
            case .known(let field): throw DraftFields.unexpected(field.rawValue)
            case .unknown(let name): throw DraftFields.unexpected(name)
            }
        }
        try reader.end()
    }

    /// The text, or kind and data.
    func body() throws(InvalidField) -> Draft.Body {
        if replyTo != nil, kind != nil || data != nil {
            throw InvalidField(
                field: ReplyRule.field,
                detail: "\(ReplyRule.field) goes with message_text, not with kind or data")
        }
        switch (text, kind, data) {
        case (let text?, nil, nil): return .text(text)
        case (nil, let kind?, let data?): return .data(kind: kind, json: data)
        case (nil, _?, nil): throw DraftFields.missing("data")
        case (nil, nil, _?): throw DraftFields.missing("kind")
        case (nil, nil, nil): throw DraftFields.missing("message_text")
        case (_?, _, _):
            throw InvalidField(
                field: "message_text", detail: "message_text and kind or data cannot be in one draft")
        }
    }

    static func missing(_ field: String) -> InvalidField {
        InvalidField(field: field, detail: "\(field) is missing")
    }

    private static func unexpected(_ name: String) -> InvalidField {
        InvalidField(field: name, detail: "\(name) is not a field of this object")
    }

    private static func name(_ bytes: UnsafeRawBufferPointer) -> Name {
        DraftField(name: bytes).map { .known($0) } ?? .unknown(InvalidField.shown(bytes))
    }

    private mutating func read(_ field: DraftField, from reader: inout JSONReader) throws(InvalidField) {
        switch field {
        case .channel: channel = try Channel(validating: reader.string(field: "channel"))
        case .kind: kind = try Kind(validating: reader.string(field: "kind"))
        case .key: key = try Key(validating: reader.string(field: "key"))
        case .author: author = try Author(validating: reader.string(field: "author"))
        case .id: id = try MessageID(validating: reader.string(field: "id"))
        case .text:
            text = try TextRule.checked(
                reader.string(field: TextRule.field, bytesMax: LineLimits.textBytesMax))
        case .replyTo:
            replyTo = try ReplyRule.checked(reader.unsignedInteger(field: ReplyRule.field))
        case .data:
            let json = ByteBuffer()
            try reader.canonicalValue(field: "data", into: json, bytesMax: LineLimits.dataBytesMax)
            data = json.array
        case .expect: try readExpectations(from: &reader)
        }
    }

    private mutating func readExpectations(from reader: inout JSONReader) throws(InvalidField) {
        try reader.beginObject(field: "expect")
        while let name = try reader.nextKey(field: "expect") {
            guard expectations.count < LineLimits.expectationsMax else {
                throw InvalidField(
                    field: "expect", detail: "expect has more than \(LineLimits.expectationsMax) keys")
            }
            let key = try Key(validating: name, field: "expect")
            let offset = Offset(try reader.unsignedInteger(field: "expect"))
            expectations.append(Draft.Expectation(key: key, offset: offset))
        }
    }
}

/// The rule of `message_text`: 1–65,536 bytes.
enum TextRule {
    static let field = "message_text"

    /// `text` again, when its length is right.
    static func checked(_ text: [UInt8]) throws(InvalidField) -> [UInt8] {
        guard !text.isEmpty else {
            throw InvalidField(
                field: field, detail: "\(field) is empty; it takes 1 to \(LineLimits.textBytesMax) bytes")
        }
        guard text.count <= LineLimits.textBytesMax else {
            throw InvalidField(
                field: field, trouble: .tooLarge,
                detail: "\(field) has \(text.count) bytes; the limit is \(LineLimits.textBytesMax)")
        }
        return text
    }
}

/// The rule of `reply_to`: the offset of a line, 1–2^53.
enum ReplyRule {
    static let field = "reply_to"

    static func checked(_ value: UInt64) throws(InvalidField) -> Offset {
        guard value > 0 else {
            throw InvalidField(field: field, detail: "\(field) is 0; the first line is 1")
        }
        return Offset(value)
    }
}
