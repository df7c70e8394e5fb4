import LogLine

/// What a line says about a key or a counter. Nil of one that is about none.
///
/// | kind | key | data |
/// |---|---|---|
/// | `kv` | `kv:KEY` | `{"value":…}` or `{"deleted":true}` |
/// | `counter` | none | `{"name":"…","add":n}` |
///
/// Members of `data` that are not known are passed over. Any line with a key `kv:KEY`, whatever else it is,
/// moves the key's newest offset.
enum KeyValueLine {
    case key(KeyValueName, KeyChange?)
    case addition(KeyValueName, Int64)
    /// Of a kind of these, and malformed.
    case malformed

    init?(_ bytes: UnsafeRawBufferPointer, _ scan: LineScan) {
        let line: ChatLine
        do throws(LineError) { line = try ChatLine(bytes, scan) } catch {
            self = .malformed
            return
        }
        let kind = Memory.equal(line.channel, KeyValueVocabulary.channelName) ? line.fields.kind : nil
        let isKeyKind = kind.map { Memory.equal(line.raw($0), KeyValueVocabulary.keyKind) } ?? false
        if let name = KeyValueLine.name(line) {
            self = .key(name, isKeyKind ? KeyChange(line) : nil)
        } else if isKeyKind {
            self = .malformed
        } else if let kind, Memory.equal(line.raw(kind), KeyValueVocabulary.counterKind) {
            self = KeyValueLine.addition(line) ?? .malformed
        } else {
            return nil
        }
    }

    private static func name(_ line: ChatLine) -> KeyValueName? {
        let prefix = KeyValueVocabulary.keyPrefixBytes
        guard let range = line.fields.key, line.raw(range).starts(with: prefix), let key = line.key else {
            return nil
        }
        // A name that breaks its rule is none.
        return try? KeyValueName(validating: Array(key[prefix.count...]), field: "key")
    }

    private static func addition(_ line: ChatLine) -> KeyValueLine? {
        guard let data = line.fields.data else { return nil }
        do throws(InvalidField) {
            var reader = JSONReader(line.raw(data))
            var name: KeyValueName?
            var amount: Int64?
            try reader.beginObject(field: nil)
            while let member = try reader.nextKey() {
                switch String(decoding: member, as: UTF8.self) {
                case "name": name = try KeyValueName(validating: reader.string(field: "name"), field: "name")
                case "add": amount = try reader.integer(field: "add", magnitudeMax: KeyValueLimits.sumMax)
                default: _ = try reader.skipValue(field: nil)
                }
            }
            guard let name, let amount else { return nil }
            return .addition(name, amount)
        } catch {
            return nil
        }
    }
}

/// What becomes of a key's value.
enum KeyChange: Equatable {
    /// Compact JSON.
    case value([UInt8])
    case deletion
    /// The line makes no sense: the value stays.
    case malformed

    init(_ line: ChatLine) {
        guard let data = line.fields.data else {
            self = .malformed
            return
        }
        do throws(InvalidField) { self = try KeyChange(line.raw(data)) } catch { self = .malformed }
    }

    private init(_ json: UnsafeRawBufferPointer) throws(InvalidField) {
        var reader = JSONReader(json)
        var value: Range<Int>?
        var isDeletion = false
        try reader.beginObject(field: nil)
        while let member = try reader.nextKey() {
            switch String(decoding: member, as: UTF8.self) {
            case "value": value = try reader.skipValue(field: "value")
            case "deleted": isDeletion = try reader.boolean(field: "deleted")
            default: _ = try reader.skipValue(field: nil)
            }
        }
        switch (value, isDeletion) {
        case (let value?, false) where value.count <= KeyValueLimits.valueBytesMax:
            self = .value(Array(json[value]))
        case (nil, true): self = .deletion
        case (_, _): self = .malformed
        }
    }
}
