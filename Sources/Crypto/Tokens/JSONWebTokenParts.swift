import LogLine

/// The three parts of a token, read as far as can be without believing it.
struct JSONWebTokenParts {
    /// The header's `alg`.
    let algorithm: [UInt8]
    /// The header's `kid`.
    let keyName: [UInt8]?
    /// JSON, as long as the signature is right.
    let payload: [UInt8]
    let signature: [UInt8]
    /// What the signature is of: the text before the second dot.
    let signed: [UInt8]

    private static let dot = UInt8(ascii: ".")

    init(_ text: some Collection<UInt8>) throws(JSONWebTokenError) {
        let parts = Array(text).split(separator: Self.dot, omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            throw JSONWebTokenError.malformed("the token has \(parts.count) parts, not 3")
        }
        guard let header = Base64.url.decode(parts[0]), let payload = Base64.url.decode(parts[1]),
            let signature = Base64.url.decode(parts[2])
        else { throw JSONWebTokenError.malformed("a part of the token is not base 64") }
        signed = parts[0] + [Self.dot] + parts[1]
        self.payload = payload
        self.signature = signature
        do { (algorithm, keyName) = try Self.read(header) } catch {
            throw JSONWebTokenError.malformed("in the header, \(error.detail)")
        }
    }

    /// Members that are not known are ignored (RFC 7515, section 4).
    private static func read(
        _ header: [UInt8]
    ) throws(InvalidField) -> (algorithm: [UInt8], keyName: [UInt8]?) {
        var algorithm: [UInt8]?
        var keyName: [UInt8]?
        try JSONDocument.members(of: header) { (key, reader) throws(InvalidField) in
            switch String(decoding: key, as: UTF8.self) {
            case "alg": algorithm = try reader.string(field: "alg")
            case "kid": keyName = try reader.string(field: "kid")
            case "crit": throw InvalidField(field: "crit", detail: "crit asks for an unknown extension")
            default: _ = try reader.skipValue(field: nil)
            }
        }
        guard let algorithm else { throw InvalidField(field: "alg", detail: "alg is missing") }
        return (algorithm, keyName)
    }
}

/// Strict JSON objects, member by member.
enum JSONDocument {
    /// Lets `take` read the value of each key.
    static func members(
        of bytes: [UInt8], _ take: ([UInt8], inout JSONReader) throws(InvalidField) -> Void
    ) throws(InvalidField) {
        let slice = ByteSlice(bytes)
        var reader = JSONReader(slice.pointer)
        try reader.beginObject(field: nil)
        while let key = try reader.nextKey() { try take(key, &reader) }
        try reader.end()
        // The reader's memory is the slice's.
        withExtendedLifetime(slice) {}
    }
}
