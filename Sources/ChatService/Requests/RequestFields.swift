import LogLine

/// The members of a JSON object that a client sent, taken one by one by name; `end` refuses what nobody took.
///
/// ```swift
/// var fields = try RequestFields(exchange.body.pointer)
/// let name = try fields.string("name")
/// let topic = try fields.optionalString("topic", bytesMax: 512)
/// try fields.end()
/// ```
struct RequestFields {
    private struct Member {
        let name: [UInt8]
        let value: Range<Int>
        var wasTaken = false
    }

    private let bytes: UnsafeRawBufferPointer
    private var members = [Member]()

    /// Checks the whole document: one JSON object without duplicate keys. `bytes` must outlive this.
    init(_ bytes: UnsafeRawBufferPointer) throws(InvalidField) {
        self.bytes = bytes
        var reader = JSONReader(bytes)
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            members.append(Member(name: name, value: try reader.skipValue(field: nil)))
        }
        try reader.end()
    }

    // MARK: Values

    /// A string, unescaped.
    mutating func string(_ name: String, bytesMax: Int = .max) throws(InvalidField) -> [UInt8] {
        guard let text = try optionalString(name, bytesMax: bytesMax) else {
            throw RequestFields.missing(name)
        }
        return text
    }

    mutating func optionalString(_ name: String, bytesMax: Int = .max) throws(InvalidField) -> [UInt8]? {
        guard var reader = take(name) else { return nil }
        return try reader.string(field: name, bytesMax: bytesMax)
    }

    mutating func offset(_ name: String) throws(InvalidField) -> Offset {
        guard let offset = try optionalOffset(name) else { throw RequestFields.missing(name) }
        return offset
    }

    mutating func optionalOffset(_ name: String) throws(InvalidField) -> Offset? {
        guard var reader = take(name) else { return nil }
        return Offset(try reader.unsignedInteger(field: name))
    }

    /// An integer from -`magnitudeMax` to `magnitudeMax`.
    mutating func integer(_ name: String, magnitudeMax: Int64) throws(InvalidField) -> Int64 {
        guard var reader = take(name) else { throw RequestFields.missing(name) }
        return try reader.integer(field: name, magnitudeMax: magnitudeMax)
    }

    mutating func boolean(_ name: String, default value: Bool) throws(InvalidField) -> Bool {
        guard var reader = take(name) else { return value }
        return try reader.boolean(field: name)
    }

    /// An array of strings, unescaped; nil when it is not there.
    mutating func optionalStrings(_ name: String, countMax: Int) throws(InvalidField) -> [[UInt8]]? {
        guard var reader = take(name) else { return nil }
        var found = [[UInt8]]()
        try reader.beginArray(field: name)
        while try reader.nextElement(field: name) {
            guard found.count < countMax else {
                throw InvalidField(field: name, detail: "\(name) has more than \(countMax) elements")
            }
            found.append(try reader.string(field: name))
        }
        return found
    }

    /// Every member must have been taken.
    func end() throws(InvalidField) {
        guard let other = members.first(where: { !$0.wasTaken }) else { return }
        let name = String(decoding: other.name.prefix(LineLimits.keyBytesMax), as: UTF8.self)
        throw InvalidField(field: name, detail: "\(name) is not a field of this object")
    }

    static func missing(_ name: String) -> InvalidField {
        InvalidField(field: name, detail: "\(name) is missing")
    }

    // MARK: Private

    private mutating func take(_ name: String) -> JSONReader? {
        guard let index = members.firstIndex(where: { $0.name.elementsEqual(name.utf8) }) else { return nil }
        members[index].wasTaken = true
        return JSONReader(UnsafeRawBufferPointer(rebasing: bytes[members[index].value]))
    }
}
