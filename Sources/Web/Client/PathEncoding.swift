/// Paths of our own requests (RFC 3986 section 3.3).
public enum PathEncoding {
    /// One segment: unreserved characters stay, every other byte becomes `%XX`.
    public static func encode(segment: [UInt8]) -> String {
        var encoded = ""
        for byte in segment {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += byte < 16 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}
