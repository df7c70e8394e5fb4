import EventLoop
import LogLine
import Replication

/// The JSON of `GET /replicas`.
extension ReplicaWatch {
    /// Appends the whole object, without a newline.
    public func encodeState(into out: ByteBuffer) {
        let identity = identity
        out.append(
            utf8: """
                {"epoch":"\(identity.epoch)","offset":\(identity.offset),"digest":"\(identity.digest)",\
                "time":"\(Timestamp(milliseconds: LoopClock.wallMilliseconds))",\
                "window_seconds":\(registry.window.components.seconds)
                """)
        extraState(out)
        out.append(",\"replicas\":")
        encodeReplicas(into: out)
        out.append("}")
    }

    /// Appends the array of the replicas, sorted by id.
    public func encodeReplicas(into out: ByteBuffer) {
        let (now, tiers) = (now, registry.tiers)
        out.append("[")
        for (index, (id, replica)) in registry.replicas.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { out.append(",") }
            encode(id, replica, tier: tiers[id], at: now, into: out)
        }
        out.append("]")
    }

    private func encode(
        _ id: ReplicaID, _ replica: ReplicaRegistry.Replica, tier: Int?, at now: Duration,
        into out: ByteBuffer
    ) {
        let report = replica.report
        out.append("{\"id\":")
        out.appendJSONString(id.bytes)
        out.append(",\"address\":")
        ReplicaWatch.encode(report.address, into: out)
        out.append(",\"tier\":")
        out.append(utf8: tier.map(String.init) ?? "null")
        out.append(",\"upstream\":")
        ReplicaWatch.encode(
            report.following == .nowhere ? nil : report.following.description, into: out)
        let lag = registry.lag(of: replica, head: identity.offset, at: now)
        let epoch = report.epoch.map { "\"\($0)\"" } ?? "null"
        out.append(
            utf8: """
                ,"epoch":\(epoch),"offset":\(report.offset),"digest":"\(report.digest)",\
                "lag":\(lag.lines),"lag_ms":\(Milliseconds.text(lag.time)),\
                "last_heard_ms":\(Milliseconds.text(now - replica.heardAt)),\
                "state":"\(registry.state(of: replica, at: now).rawValue)",\
                "incarnation":"\(Epoch(report.incarnation))"
                """)
        if let delay = report.simulatedDelay {
            out.append(",\"simulated_delay\":")
            ReplicaWatch.encode(delay, into: out)
        }
        out.append("}")
    }

    private static func encode(_ text: String?, into out: ByteBuffer) {
        guard let text else { return out.append("null") }
        out.appendJSONString(Array(text.utf8))
    }
}
