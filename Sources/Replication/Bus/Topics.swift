import LogLine

/// The cluster's own Redis topics, and which plain channels are anybody's.
public struct Topics: Sendable, Equatable {
    /// Lines.
    public let log: [UInt8]
    /// Heartbeats.
    public let head: [UInt8]

    /// `clusterName`: empty when the cluster has none.
    public init(clusterName: String) {
        let prefix = clusterName.isEmpty ? "chat-cluster:" : "chat-cluster:\(clusterName):"
        log = Array("\(prefix)log".utf8)
        head = Array("\(prefix)head".utf8)
    }

    /// Whether nobody's PUBLISH on this channel becomes a message: topics of this or another cluster
    /// (`chat-cluster:…`), Redis' own (`__…`), reserved (`$…`) and private (`@…`) channels.
    public static func isOwn(_ channel: UnsafeRawBufferPointer) -> Bool {
        guard let first = channel.first else { return false }
        switch first {
        case UInt8(ascii: "$"), UInt8(ascii: "@"): return true
        case UInt8(ascii: "_"): return channel.starts(with: "__".utf8)
        case UInt8(ascii: "c"): return channel.starts(with: "chat-cluster:".utf8)
        default: return false
        }
    }

    public static func isOwn(_ channel: [UInt8]) -> Bool {
        channel.withUnsafeBytes { isOwn($0) }
    }
}
