import LogLine

/// The members of a small flat JSON object, read by name; members that are not known are passed over, so that
/// a newer version may add some.
struct RecordReader {
    private enum Value {
        case number(UInt64)
        case text([UInt8])
        case truth(Bool)
    }

    private var values: [[UInt8]: Value] = [:]

    /// Nil unless `json` is one JSON object.
    init?(_ json: [UInt8]) {
        let bytes = ByteSlice(json)
        var reader = JSONReader(bytes.pointer)
        do {
            try reader.beginObject(field: nil)
            while let key = try reader.nextKey() { values[key] = try Self.value(&reader, in: json) }
            try reader.end()
        } catch {
            return nil
        }
    }

    func number(_ name: String) -> UInt64? {
        guard case .number(let value) = values[Array(name.utf8)] else { return nil }
        return value
    }

    func text(_ name: String) -> String? {
        guard case .text(let value) = values[Array(name.utf8)] else { return nil }
        return String(decoding: value, as: UTF8.self)
    }

    func truth(_ name: String) -> Bool? {
        guard case .truth(let value) = values[Array(name.utf8)] else { return nil }
        return value
    }

    /// Nil for a value of a type that no record of this version has.
    private static func value(_ reader: inout JSONReader, in json: [UInt8]) throws(InvalidField) -> Value? {
        switch json.indices.contains(reader.position) ? json[reader.position] : nil {
        case UInt8(ascii: "\""): return .text(try reader.string(field: nil))
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .truth(try reader.boolean(field: nil))
        case .some(0x30...0x39): return .number(try reader.unsignedInteger(field: nil, max: .max))
        default:
            _ = try reader.skipValue(field: nil)
            return nil
        }
    }
}
