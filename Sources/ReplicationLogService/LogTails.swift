import EventLoop
import LogLine
import Replication
import Web

/// The readers that stay: each gets every batch when it is durable, and each second a sign of life.
@LoopActor
final class LogTails {
    private struct Tail {
        let reader: LogReader
        let writer: BodyWriter
        let wantsHeartbeat: Bool
    }

    private let core: LogCore
    private var tails = [ObjectIdentifier: Tail]()
    private var timer: LoopTimer?

    init(core: LogCore) {
        self.core = core
        timer = LoopTimer(every: LogLimits.heartbeatInterval) { [unowned self] in sendHeartbeats() }
    }

    var count: Int { tails.count }

    func add(_ reader: LogReader, _ writer: BodyWriter, wantsHeartbeat: Bool) {
        let key = ObjectIdentifier(reader)
        tails[key] = Tail(reader: reader, writer: writer, wantsHeartbeat: wantsHeartbeat)
        writer.onAbandoned = { [weak self] in self?.tails[key] = nil }
        reader.start()
        if wantsHeartbeat { sendHeartbeat(tails[key]) }
    }

    func publish(_ batch: LogCore.DurableBatch) {
        for tail in tails.values { tail.reader.received(batch) }
    }

    /// Ends all, each between two lines where it can.
    func close() {
        for tail in tails.values { tail.writer.finish() }
        tails = [:]
    }

    private func sendHeartbeats() {
        for tail in tails.values { sendHeartbeat(tail) }
    }

    /// Only at the end: anywhere else it could stand in the middle of a line, and the lines are sign enough.
    private func sendHeartbeat(_ tail: Tail?) {
        guard let tail, tail.reader.isCaughtUp, tail.writer.hasRoom else { return }
        let buffer = ByteBuffer()
        if tail.wantsHeartbeat { Heartbeat.encode(core.identity, into: buffer) }
        buffer.append(UInt8(ascii: "\n"))
        tail.writer.write(buffer.takeSlice())
    }
}
