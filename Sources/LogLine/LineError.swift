/// Why bytes were refused as a line. Callers switch on `code`.
public struct LineError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// They do not end with a crc field: the line was cut off, or is none.
        case truncated
        /// They are not what their crc field says: damaged, or forged without care.
        case crcMismatch
        /// More than `LineLimits.lineBytesMax`.
        case tooLong
        /// Not JSON, not canonical, or the fields are not in their order.
        case malformed
        /// A field breaks its rule.
        case invalidField
    }

    public let code: Code
    /// Where in the line, counted from 0.
    public let byte: Int
    /// A sentence about what is wrong there.
    public let detail: String

    public init(_ code: Code, byte: Int, _ detail: String) {
        self.code = code
        self.byte = byte
        self.detail = detail
    }

    init(_ fault: JSONFault) {
        self.init(.malformed, byte: fault.byte, "\(fault.trouble)")
    }

    public var description: String { "byte \(byte) of the line: \(detail)" }
}
