import LogLine

/// A pod's name among the others: 1–64 of `A-Z a-z 0-9 . _ -`, and not `redis`, `log` or `none`, which stand
/// for where a pod can follow without another pod. Compared and sorted byte by byte.
public struct ReplicaID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public static let bytesMax = 64
    /// What a report says of a pod that follows no other one.
    public static let reserved = ["redis", "log", "none"]

    public let bytes: [UInt8]

    public init(validating bytes: [UInt8]) throws(InvalidField) {
        guard (1...Self.bytesMax).contains(bytes.count), bytes.allSatisfy(Self.isAllowed) else {
            throw InvalidField(
                field: "replica_id",
                detail: "replica_id takes 1 to \(Self.bytesMax) of A-Z a-z 0-9 . _ -")
        }
        guard !Self.reserved.contains(where: { $0.utf8.elementsEqual(bytes) }) else {
            throw InvalidField(
                field: "replica_id",
                detail: "replica_id must not be 'redis', 'log' or 'none', which stand for those")
        }
        self.bytes = bytes
    }

    /// Nil when it is none.
    public init?(_ text: String) {
        // Why it is none is said where the setting is read.
        guard let id = try? ReplicaID(validating: Array(text.utf8)) else { return nil }
        self = id
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    public static func < (left: ReplicaID, right: ReplicaID) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
