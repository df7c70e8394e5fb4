/// Bytes that must not be shown: printing it, also as a part of something else, shows only how long it is.
public struct Secret: Equatable, Sendable {
    /// Shorter ones can be guessed.
    public static let bytesMin = 16

    public let bytes: [UInt8]

    /// Nil when it is shorter than `bytesMin`.
    public init?(_ text: String, bytesMin: Int = bytesMin) {
        guard text.utf8.count >= bytesMin else { return nil }
        bytes = Array(text.utf8)
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "secret of \(bytes.count) bytes" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["bytes": bytes.count]) }
}
