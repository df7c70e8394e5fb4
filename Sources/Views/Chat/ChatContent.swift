import LogLine

/// The `data` of the chat's lines, read once for all kinds: each takes the members it needs, and members that
/// are not known are passed over.
struct ChatContent {
    private(set) var operation: [UInt8]?
    private(set) var hash: [UInt8]?
    private(set) var title: [UInt8]?
    private(set) var topic: [UInt8]?
    private(set) var members: [[UInt8]] = []
    private(set) var name: [UInt8]?
    private(set) var role: [UInt8]?
    private(set) var channel: [UInt8]?
    private(set) var offset: Offset?
    private(set) var text: [UInt8]?
    private(set) var emoji: [UInt8]?
    private(set) var isOn: Bool?

    init(_ json: UnsafeRawBufferPointer) throws(InvalidField) {
        var reader = JSONReader(json)
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() { try read(name, from: &reader) }
        try reader.end()
    }

    private mutating func read(_ name: [UInt8], from reader: inout JSONReader) throws(InvalidField) {
        switch String(decoding: name, as: UTF8.self) {
        case "op": operation = try reader.string(field: "op")
        case "hash": hash = try reader.string(field: "hash", bytesMax: ChatLimits.passwordHashBytesMax)
        case "title": title = try ChatText.title(reader.string(field: "title"))
        case "topic": topic = try ChatText.topic(reader.string(field: "topic"))
        case "members": try readMembers(from: &reader)
        case "name": self.name = try reader.string(field: "name")
        case "role": role = try reader.string(field: "role")
        case "channel": channel = try Channel(validating: reader.string(field: "channel")).bytes
        case "offset": offset = Offset(try reader.unsignedInteger(field: "offset"))
        case "message_text": text = try ChatText.text(reader.string(field: "message_text"))
        case "emoji": emoji = try ChatText.emoji(reader.string(field: "emoji"))
        case "on": isOn = try reader.boolean(field: "on")
        default: _ = try reader.skipValue(field: nil)
        }
    }

    private mutating func readMembers(from reader: inout JSONReader) throws(InvalidField) {
        try reader.beginArray(field: "members")
        while try reader.nextElement(field: "members") {
            members.append(try reader.string(field: "members"))
        }
    }

    /// Whether `op` is `name`.
    func isOperation(_ name: StaticString) -> Bool {
        operation?.withUnsafeBytes { Memory.equal($0, name) } ?? false
    }
}

/// Writes `data`: an object in canonical form, its members in the order in which they are added.
struct ChatContentWriter {
    private let out = ByteBuffer()

    init() { out.append("{") }

    /// With an `op`.
    init(_ operation: StaticString) {
        self.init()
        out.append("\"op\":\"")
        out.append(operation)
        out.append("\"")
    }

    func adding(_ name: StaticString, _ text: [UInt8]) -> ChatContentWriter {
        begin(name)
        out.appendJSONString(text)
        return self
    }

    /// Only when there is one.
    func adding(_ name: StaticString, ifAny text: [UInt8]?) -> ChatContentWriter {
        guard let text else { return self }
        return adding(name, text)
    }

    func adding(_ name: StaticString, _ offset: Offset) -> ChatContentWriter {
        begin(name)
        out.append(decimal: offset.value)
        return self
    }

    func adding(_ name: StaticString, _ flag: Bool) -> ChatContentWriter {
        begin(name)
        out.append(flag ? "true" : "false")
        return self
    }

    func adding(_ name: StaticString, _ list: [[UInt8]]) -> ChatContentWriter {
        begin(name)
        out.append("[")
        for (index, text) in list.enumerated() {
            if index > 0 { out.append(",") }
            out.appendJSONString(text)
        }
        out.append("]")
        return self
    }

    /// The body of a line of `kind`; nothing may be added afterwards.
    func body(_ kind: ChatKind) -> Draft.Body {
        out.append("}")
        return .data(kind: Kind(trusted: kind.name), json: out.array)
    }

    private func begin(_ name: StaticString) {
        if out.count > 1 { out.append(",") }
        out.append("\"")
        out.append(name)
        out.append("\":")
    }
}
