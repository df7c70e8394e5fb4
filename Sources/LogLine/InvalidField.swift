/// Why a value from outside was refused: names the field, what is wrong with its value, and the limit.
public struct InvalidField: Error, Equatable, Sendable {
    public enum Trouble: Equatable, Sendable {
        /// 400
        case malformed
        /// 413
        case tooLarge
    }

    /// As the client wrote it, for example `message_text`; nil when it is the document as a whole.
    public let field: String?
    public let trouble: Trouble
    /// A sentence for the client: what is wrong, with the value's measure and the limit.
    public let detail: String

    public init(field: String?, trouble: Trouble = .malformed, detail: String) {
        self.field = field
        self.trouble = trouble
        self.detail = detail
    }

    /// A key from outside as an error shows it: cut, should it be long.
    static func shown(_ key: UnsafeRawBufferPointer) -> String {
        String(decoding: key.prefix(LineLimits.keyBytesMax), as: UTF8.self)
    }
}
