import LogLine

/// The cluster's own Redis topics, and which plain channels are anybody's.
public struct Topics: Sendable, Equatable {
    /// Lines.
    public let log: [UInt8]
    /// Heartbeats.
    public let head: [UInt8]
    /// What pods tell each other and what is in no log (`EphemeralSignal`).
    public let ephemeral: [UInt8]
    /// What pods tell the log of themselves (`ReplicaReport`).
    public let replicas: [UInt8]

    private static let prefix = Array("chat-cluster:".utf8)

    /// `clusterName`: empty when the cluster has none.
    public init(clusterName: String) {
        let name = clusterName.isEmpty ? "" : "\(clusterName):"
        let prefix = Topics.prefix + Array(name.utf8)
        log = prefix + Array("log".utf8)
        head = prefix + Array("head".utf8)
        ephemeral = prefix + Array("ephemeral".utf8)
        replicas = prefix + Array("replicas".utf8)
    }

    /// Patterns of Redis that together match every channel but `chat-cluster:…`, each one once: what a log
    /// subscribes to instead of `*`, so that what it publishes is not sent back to it.
    ///
    /// A channel without the prefix leaves it somewhere: it ends there (`ch`), or goes on otherwise
    /// (`ch[^a]*`).
    public static let othersPatterns: [String] = prefix.indices.flatMap { index in
        let common = String(decoding: prefix[..<index], as: UTF8.self)
        let next = String(decoding: prefix[index...index], as: UTF8.self)
        return [common, "\(common)[^\(next)]*"]
    }

    /// Whether nobody's PUBLISH on this channel becomes a message: topics of this or another cluster
    /// (`chat-cluster:…`), Redis' own (`__…`), reserved (`$…`) and private (`@…`) channels.
    public static func isOwn(_ channel: UnsafeRawBufferPointer) -> Bool {
        guard let first = channel.first else { return false }
        switch first {
        case UInt8(ascii: "$"), UInt8(ascii: "@"): return true
        case UInt8(ascii: "_"): return channel.starts(with: "__".utf8)
        case UInt8(ascii: "c"): return channel.starts(with: prefix)
        default: return false
        }
    }

    public static func isOwn(_ channel: [UInt8]) -> Bool {
        channel.withUnsafeBytes { isOwn($0) }
    }
}
