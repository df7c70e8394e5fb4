import LogLine

/// The pods that a log knows, as it keeps them for its next start: their reports, one a line, sorted by id.
///
/// It is written when a pod becomes known or is gone, not with every report: who counts has to be right, how
/// far each one was then is only a lower bound.
public enum ReplicaRoster {
    /// Of a whole roster.
    public static let bytesMax = ReplicaLimits.replicasMax * (ReplicaLimits.reportBytesMax + 1)

    public static func encode(_ registry: ReplicaRegistry) -> [UInt8] {
        let out = ByteBuffer()
        for (_, replica) in registry.replicas.sorted(by: { $0.key < $1.key }) {
            replica.report.encode(into: out)
            out.append("\n")
        }
        return out.array
    }

    /// - Returns: the reports, and how many lines are none.
    public static func decode(_ bytes: [UInt8]) -> (reports: [ReplicaReport], unreadable: Int) {
        var reports: [ReplicaReport] = []
        var unreadable = 0
        bytes.withUnsafeBytes { bytes in
            for range in LineSplitter(bytes) {
                do {
                    reports.append(try .decode(body: UnsafeRawBufferPointer(rebasing: bytes[range])))
                } catch {
                    unreadable += 1
                }
            }
        }
        return (reports, unreadable)
    }
}
