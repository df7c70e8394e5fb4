import EventLoop
import LogLine
import Replication
import Web

/// The readers that stay: each gets every line when it is added, and each second a sign of life.
@LoopActor
public final class LineTails {
    /// Where the heartbeats come from that a tail asked for.
    public enum Heartbeats {
        /// This is the log: its own word, each second and whenever it is told.
        case own(@LoopActor () -> Heartbeat)
        /// This is a pod: what the log said last, passed on when it comes (`relay`), byte for byte. Nil: the
        /// log has said nothing for a while, and nobody vouches for it.
        case relayed(@LoopActor () -> HeartbeatForms?)
    }

    private struct Tail {
        let reader: LineReader
        let writer: BodyWriter
        let wantsHeartbeat: Bool
        let wantsBeat: Bool
    }

    private let heartbeats: Heartbeats
    private var tails = [ObjectIdentifier: Tail]()
    private var timer: LoopTimer?

    public init(_ heartbeats: Heartbeats) {
        self.heartbeats = heartbeats
        timer = LoopTimer(every: ServingLimits.heartbeatInterval) { [unowned self] in sendSignsOfLife() }
    }

    public var count: Int { tails.count }

    func add(_ reader: LineReader, _ writer: BodyWriter, _ query: LogQuery) {
        let key = ObjectIdentifier(reader)
        let tail = Tail(
            reader: reader, writer: writer, wantsHeartbeat: query.wantsHeartbeat, wantsBeat: query.wantsBeat)
        tails[key] = tail
        writer.onAbandoned = { [weak self] in self?.tails[key] = nil }
        reader.start()
        if tail.wantsHeartbeat { currentHeartbeat.map { send($0, to: tail) } }
    }

    /// Lines were added to the source; they end at its end.
    public func publish(_ lines: ByteSlice) {
        for tail in tails.values { tail.reader.received(lines) }
    }

    /// Passes the log's word on at once.
    public func relay(_ heartbeat: HeartbeatForms) { sendHeartbeat(heartbeat) }

    /// Says at once where the log is. For the log itself.
    public func tellHeartbeat() {
        guard !tails.isEmpty, let heartbeat = currentHeartbeat else { return }
        sendHeartbeat(heartbeat)
    }

    /// Ends all.
    public func close() {
        let open = tails.values
        tails = [:]
        for tail in open { tail.writer.finish() }
    }

    // MARK: Private

    private var currentHeartbeat: HeartbeatForms? {
        switch heartbeats {
        case .relayed(let last): last()
        case .own(let heartbeat): HeartbeatForms(heartbeat())
        }
    }

    private func sendSignsOfLife() {
        if case .own = heartbeats { tellHeartbeat() }
        for tail in tails.values where !tail.wantsHeartbeat { send(.empty, to: tail) }
    }

    private func sendHeartbeat(_ heartbeat: HeartbeatForms) {
        for tail in tails.values where tail.wantsHeartbeat { send(heartbeat, to: tail) }
    }

    private func send(_ heartbeat: HeartbeatForms, to tail: Tail) {
        send(tail.wantsBeat ? heartbeat.numbered : heartbeat.plain, to: tail)
    }

    /// Only at the end: anywhere else it could stand in the middle of a line, and the lines are sign enough.
    private func send(_ sign: ByteSlice, to tail: Tail) {
        guard tail.reader.isCaughtUp, tail.writer.hasRoom else { return }
        let buffer = ByteBuffer(capacity: sign.count + 1)
        buffer.append(sign)
        buffer.append(UInt8(ascii: "\n"))
        tail.writer.write(buffer.takeSlice())
    }
}
