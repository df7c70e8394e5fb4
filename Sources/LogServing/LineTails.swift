import EventLoop
import LogLine
import Replication
import Web

/// The readers that stay: each gets every line when it is added, and each second a sign of life.
@LoopActor
public final class LineTails {
    /// What a tail that asked for heartbeats gets: on the log its own, on a pod what the log said last. Nil:
    /// nothing, because nobody vouches for the log right now.
    public var heartbeat: @LoopActor () -> LogIdentity?

    private struct Tail {
        let reader: LineReader
        let writer: BodyWriter
        let wantsHeartbeat: Bool
    }

    private var tails = [ObjectIdentifier: Tail]()
    private var timer: LoopTimer?

    public init(heartbeat: @escaping @LoopActor () -> LogIdentity?) {
        self.heartbeat = heartbeat
        timer = LoopTimer(every: ServingLimits.heartbeatInterval) { [unowned self] in sendHeartbeats() }
    }

    public var count: Int { tails.count }

    func add(_ reader: LineReader, _ writer: BodyWriter, wantsHeartbeat: Bool) {
        let key = ObjectIdentifier(reader)
        let tail = Tail(reader: reader, writer: writer, wantsHeartbeat: wantsHeartbeat)
        tails[key] = tail
        writer.onAbandoned = { [weak self] in self?.tails[key] = nil }
        reader.start()
        if wantsHeartbeat { sendHeartbeat(to: tail) }
    }

    /// Lines were added to the source; they end at its end.
    public func publish(_ lines: ByteSlice) {
        for tail in tails.values { tail.reader.received(lines) }
    }

    /// Ends all.
    public func close() {
        let open = tails.values
        tails = [:]
        for tail in open { tail.writer.finish() }
    }

    private func sendHeartbeats() {
        for tail in tails.values { sendHeartbeat(to: tail) }
    }

    /// Only at the end: anywhere else it could stand in the middle of a line, and the lines are sign enough.
    private func sendHeartbeat(to tail: Tail) {
        guard tail.reader.isCaughtUp, tail.writer.hasRoom else { return }
        let buffer = ByteBuffer()
        if tail.wantsHeartbeat {
            guard let identity = heartbeat() else { return }
            Heartbeat.encode(identity, into: buffer)
        }
        buffer.append(UInt8(ascii: "\n"))
        tail.writer.write(buffer.takeSlice())
    }
}
