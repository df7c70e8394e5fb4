import LogLine

/// A value as a client sends it: any one JSON value.
///
/// Refused: what `JSONReader` refuses (duplicate keys at any depth, invalid UTF-8, lone surrogates), more
/// than 64 KiB once it is compact, or nested so deeply that it could not stand in a line.
public enum KeyValueJSON {
    private static let field = "value"
    /// The value stands in the line's `data`, which is one level itself.
    static let nestingMax = LineLimits.nestingMax - 1

    /// The value without white space, strings in canonical form, numbers and the order of members as sent.
    public static func compact(_ body: UnsafeRawBufferPointer) throws(InvalidField) -> [UInt8] {
        let out = ByteBuffer()
        var reader = JSONReader(body)
        try reader.canonicalValue(field: field, into: out, bytesMax: KeyValueLimits.valueBytesMax)
        try reader.end()
        guard nesting(out.pointer) <= nestingMax else {
            throw InvalidField(
                field: field, detail: "\(field) is nested more than \(nestingMax) levels deep")
        }
        return out.array
    }

    /// Of compact JSON.
    private static func nesting(_ json: UnsafeRawBufferPointer) -> Int {
        var depth = 0
        var deepest = 0
        var isText = false
        var isEscaped = false
        for byte in json {
            if isText {
                if byte == UInt8(ascii: "\""), !isEscaped { isText = false }
                isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: continue
            }
        }
        return deepest
    }
}
