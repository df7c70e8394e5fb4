import LogLine

/// A name or value of a query, decoded on demand.
public struct HTTPText: Sendable {
    /// As it was sent.
    let bytes: ByteSlice

    /// The bytes it stands for; valid UTF-8.
    public var decoded: [UInt8] { PercentCoding.decode(bytes.pointer, plusIsSpace: true) }
    public var text: String { String(decoding: decoded, as: UTF8.self) }
    public var isEmpty: Bool { bytes.count == 0 }

    /// Compares the decoded bytes; allocates nothing.
    public static func == (left: HTTPText, right: StaticString) -> Bool {
        PercentCoding.decodes(left.bytes.pointer, to: right, plusIsSpace: true)
    }
}
