import LogLine
import Replication

/// A heartbeat as it goes to tails, without a newline: to who asked for its number (`beat=1`) with it, to
/// others as the contract has it.
public struct HeartbeatForms {
    let numbered: ByteSlice
    let plain: ByteSlice

    /// The log's own.
    public init(_ heartbeat: Heartbeat) {
        self.init(heartbeat, numbered: HeartbeatForms.encode(heartbeat))
    }

    /// To be passed on.
    /// - Parameter numbered: as it came.
    public init(_ heartbeat: Heartbeat, numbered: ByteSlice) {
        self.numbered = numbered
        guard heartbeat.beat != nil else {
            plain = numbered
            return
        }
        var heartbeat = heartbeat
        heartbeat.beat = nil
        plain = HeartbeatForms.encode(heartbeat)
    }

    private static func encode(_ heartbeat: Heartbeat) -> ByteSlice {
        let buffer = ByteBuffer()
        heartbeat.encode(into: buffer)
        return buffer.takeSlice()
    }
}
