/// Why the log could not do its work. Callers switch on `code`, never on `message`.
public struct LogError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// No room for the lines; nothing of them was kept. Appends resume when there is room.
        case diskFull
        /// A read or write failed; nothing of the lines was kept.
        case ioError
        /// A sync failed: what was written since the last one may be lost. Terminal: exit and recover.
        case syncFailed
        /// Another process uses the directory.
        case locked
        /// Bytes that were acknowledged are not as they were written.
        case damaged
        /// The directory is not one this version can use.
        case unusable
    }

    public let code: Code
    /// A sentence with the file, byte, offset and system error, as far as they apply.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
