/// Why something that came over Redis was not taken. Callers count by `code`.
public struct BusError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: String, CaseIterable, Sendable {
        /// More than a payload may have.
        case tooLarge = "too-large"
        /// No object, or not the one that belongs there.
        case malformed
        /// We have a secret, and it is not sealed.
        case macMissing = "mac-missing"
        /// Sealed with another secret, or changed since.
        case macMismatch = "mac-mismatch"
        /// A line is none, or was changed.
        case badLine = "bad-line"
        /// The lines' offsets do not follow each other from `after` on.
        case badOffset = "bad-offset"
    }

    public let code: Code
    /// A sentence with the place and the limit.
    public let detail: String

    public init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    public var description: String { detail }
}
