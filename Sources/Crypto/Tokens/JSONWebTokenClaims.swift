import LogLine

/// What the payload of a token with a right signature says (RFC 7519, section 4.1).
struct JSONWebTokenClaims {
    private(set) var expiry = Timestamp.earliest
    private(set) var notBefore: Timestamp?
    private(set) var issuedAt: Timestamp?
    /// Empty when there is no `aud`.
    private(set) var audiences: [[UInt8]] = []
    /// `iss`, and what else was asked for, by claim.
    private(set) var texts: [[UInt8]: [UInt8]] = [:]

    static let audiencesMax = 64

    /// - Parameter names: the claims whose texts are wanted besides `iss`.
    init(_ payload: [UInt8], names: [[UInt8]]) throws(JSONWebTokenError) {
        var expiry: Timestamp?
        do {
            try JSONDocument.members(of: payload) { (key, reader) throws(InvalidField) in
                let field = String(decoding: key, as: UTF8.self)
                switch field {
                case "exp": expiry = try NumericDate.read(field, in: payload, from: &reader)
                case "nbf": notBefore = try NumericDate.read(field, in: payload, from: &reader)
                case "iat": issuedAt = try NumericDate.read(field, in: payload, from: &reader)
                case "aud": audiences = try Self.audiences(in: payload, from: &reader)
                default:
                    if field == "iss" || names.contains(key) {
                        texts[key] = try reader.string(field: field)
                    } else {
                        _ = try reader.skipValue(field: nil)
                    }
                }
            }
        } catch { throw JSONWebTokenError.malformed("in the claims, \(error.detail)") }
        guard let expiry else { throw JSONWebTokenError.malformed("in the claims, exp is missing") }
        self.expiry = expiry
    }

    /// A text, or a list of texts.
    private static func audiences(
        in payload: [UInt8], from reader: inout JSONReader
    ) throws(InvalidField) -> [[UInt8]] {
        guard payload[reader.position...].first(where: { !JSONSpace.contains($0) }) == UInt8(ascii: "[")
        else { return [try reader.string(field: "aud")] }
        var audiences: [[UInt8]] = []
        try reader.beginArray(field: "aud")
        while try reader.nextElement(field: "aud") {
            guard audiences.count < audiencesMax else {
                throw InvalidField(field: "aud", detail: "aud has more than \(audiencesMax) elements")
            }
            audiences.append(try reader.string(field: "aud"))
        }
        return audiences
    }
}

/// Seconds since 1970-01-01T00:00:00Z (RFC 7519, section 2: `NumericDate`), a fraction being dropped; from
/// then to the end of the year 9999.
private enum NumericDate {
    private static let secondsDigitsMax = 12

    static func read(
        _ field: String, in payload: [UInt8], from reader: inout JSONReader
    ) throws(InvalidField) -> Timestamp {
        let value = payload[try reader.skipValue(field: field)]
        let parts = value.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ $0.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }),
            parts[0].count <= secondsDigitsMax
        else { throw InvalidField(field: field, detail: "\(field) is not a number of seconds since 1970") }
        let milliseconds = parts[0].reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) } * 1000
        return min(Timestamp(milliseconds: milliseconds), .latest)
    }
}

private enum JSONSpace {
    static func contains(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
