import LogLine

/// A JSON value of a server, as a whole: for answers that are read once, of which only some members matter.
enum JSONValue {
    /// In the order written. Keys are compared byte by byte.
    case object([(key: [UInt8], value: JSONValue)])
    case array([JSONValue])
    case string([UInt8])
    /// Whole, not negative, at most `numberMax`.
    case number(UInt64)
    case boolean(Bool)
    /// `null`, and numbers of other kinds.
    case other

    /// What a server says beyond it is passed over: there is room to count on from here.
    static let numberMax = LineLimits.offsetMax

    init(_ bytes: UnsafeRawBufferPointer) throws(InvalidField) {
        var reader = JSONReader(bytes)
        self = try JSONValue.read(&reader, bytes)
        try reader.end()
    }

    /// The value is passed over first, which checks it, and then read by its first byte: twice for each level
    /// of nesting, of which there are few.
    private static func read(
        _ reader: inout JSONReader, _ bytes: UnsafeRawBufferPointer
    ) throws(InvalidField) -> JSONValue {
        let range = try reader.skipValue(field: nil)
        let value = UnsafeRawBufferPointer(rebasing: bytes[range])
        var inner = JSONReader(value)
        switch value.first {
        case UInt8(ascii: "{"): return try object(&inner, value)
        case UInt8(ascii: "["): return try array(&inner, value)
        case UInt8(ascii: "\""): return .string(try inner.string(field: nil))
        case UInt8(ascii: "t"): return .boolean(true)
        case UInt8(ascii: "f"): return .boolean(false)
        default: return number(String(decoding: value, as: UTF8.self))
        }
    }

    private static func number(_ digits: String) -> JSONValue {
        guard let number = UInt64(digits), number <= numberMax else { return .other }
        return .number(number)
    }

    private static func object(
        _ reader: inout JSONReader, _ bytes: UnsafeRawBufferPointer
    ) throws(InvalidField) -> JSONValue {
        var members = [(key: [UInt8], value: JSONValue)]()
        try reader.beginObject(field: nil)
        while let key = try reader.nextKey() { members.append((key, try read(&reader, bytes))) }
        return .object(members)
    }

    private static func array(
        _ reader: inout JSONReader, _ bytes: UnsafeRawBufferPointer
    ) throws(InvalidField) -> JSONValue {
        var elements = [JSONValue]()
        try reader.beginArray(field: nil)
        while try reader.nextElement(field: nil) { elements.append(try read(&reader, bytes)) }
        return .array(elements)
    }

    // MARK: Access; nil when there is no such thing

    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key.elementsEqual(key.utf8) }?.value
    }

    var bytes: [UInt8]? {
        guard case .string(let bytes) = self else { return nil }
        return bytes
    }

    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    var number: UInt64? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    var offset: Offset? { number.map { Offset($0) } }

    var boolean: Bool? {
        guard case .boolean(let boolean) = self else { return nil }
        return boolean
    }

    var elements: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    var members: [(key: [UInt8], value: JSONValue)]? {
        guard case .object(let members) = self else { return nil }
        return members
    }
}
