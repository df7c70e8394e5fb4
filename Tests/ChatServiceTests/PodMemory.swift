import EventLoop
import LogLine
import Replication
import TestSupport
import Views

@testable import ChatService

/// A pod's history and delivery without its replica: lines are applied by hand. It is also the log that older
/// lines are read from.
@LoopActor
final class PodMemory: @LoopActor LogUpstream {
    static let epoch = Epoch(0xE)

    private(set) var source: HistorySource
    private(set) var lines = [[UInt8]]()
    private(set) var channels = [String]()
    private var maker = LineMaker()
    private(set) lazy var delivery = Delivery(source: { [unowned self] in source }, upstream: self)
    /// Reads from the log so far.
    private(set) var readCount = 0
    /// Reads from the log break off after so many bytes.
    var readBytesMax = Int.max

    init(historyBytes: Int = 0) {
        source = HistorySource(
            History(bytesMax: historyBytes, hash: ChannelHash(seed: (1, 2))),
            ChatState(hash: ChannelHash(seed: (3, 4))), epoch: PodMemory.epoch)
    }

    /// Applies one batch of messages, one in each of `channels`.
    func apply(_ channels: [String]) throws {
        let before = source.index.end
        for channel in channels {
            let line = maker.next("text \(lines.count + 1)", channel: channel)
            try line.withUnsafeBytes { buffer in
                let scan = try Line.scan(UnsafeRawBufferPointer(rebasing: buffer.dropLast()))
                source.append(buffer, scan: scan)
            }
            lines.append(line)
            self.channels.append(channel)
        }
        delivery.applied(from: before)
    }

    /// The lines (without newline) behind `offset` in channels that `isWanted` names.
    func expected(after offset: Int, _ isWanted: (String) -> Bool) -> [[UInt8]] {
        zip(lines, channels).dropFirst(offset).filter { isWanted($0.1) }.map { Array($0.0.dropLast()) }
    }

    // MARK: LogUpstream

    func open(_ request: LogRequest, onEvent: @escaping (LogStreamEvent) -> Void) {}
    func close(_ request: Int) {}
    func append(_ draft: Draft, completion: @escaping (AppendResult) -> Void) {}
    func report(_ report: ReplicaReport, completion: @escaping (Result<ReportAnswer, Problem>) -> Void) {}
    func confirm(
        _ position: Position, _ requirement: ConfirmationRequirement, timeout: Duration,
        completion: @escaping (ConfirmationResult) -> Void
    ) {}
    var waitingConfirmations: Int { 0 }
    var isReachable: Bool { true }
    var waitingWrites: Int { 0 }

    func read(
        _ target: String, accept: String?, onEvent: @escaping (PassedReadEvent) -> Void
    ) -> any PassedRead {
        readCount += 1
        let after = target.split(separator: "=")[1].prefix { $0 != "&" }
        let bytes = lines.dropFirst(Int(after) ?? 0).flatMap(\.self).prefix(readBytesMax)
        return ReadInPieces(Array(bytes), isWhole: readBytesMax == .max, onEvent)
    }
}

/// Gives bytes in pieces that end anywhere, one a turn, as long as the reader takes them.
@LoopActor
private final class ReadInPieces: @LoopActor PassedRead {
    private var rest: ArraySlice<UInt8>
    private let isWhole: Bool
    private var onEvent: ((PassedReadEvent) -> Void)?
    private var isPaused = false

    init(_ bytes: [UInt8], isWhole: Bool, _ onEvent: @escaping (PassedReadEvent) -> Void) {
        rest = bytes[...]
        self.isWhole = isWhole
        self.onEvent = onEvent
        EventLoop.shared.execute { [self] in
            self.onEvent?(.started(status: 200, fields: [], length: bytes.count))
            step()
        }
    }

    private func step() {
        guard !isPaused, let onEvent else { return }
        let piece = rest.prefix(1000)
        rest = rest.dropFirst(1000)
        guard !piece.isEmpty else {
            self.onEvent = nil
            return onEvent(isWhole ? .ended : .failed(reason: "broken off"))
        }
        piece.withUnsafeBytes { onEvent(.bytes($0)) }
        EventLoop.shared.execute { [self] in step() }
    }

    func pause() { isPaused = true }

    func resume() {
        isPaused = false
        EventLoop.shared.execute { [self] in step() }
    }

    func cancel() { onEvent = nil }
}

/// A consumer that takes bytes when it is told to, and cuts the stream where too many are queued.
@LoopActor
final class FakeOutlet: Outlet {
    static let queuedBytesMax = 100_000

    private(set) var lines = [[UInt8]]()
    private(set) var offsets = [Offset]()
    /// How many times lines were sent.
    private(set) var pieceCount = 0
    private(set) var joined: Position?
    private(set) var cutReason: CutReason?
    private var queuedBytes = 0
    /// Takes nothing.
    var isStalled = false
    /// Ended when it cannot be sent a line.
    weak var stream: Subscription?
    private weak var waiting: Subscription?

    var hasRoom: Bool { queuedBytes < 10_000 }

    func send(_ sent: OutgoingLines) {
        if queuedBytes > FakeOutlet.queuedBytesMax, let stream { return stream.end() }
        pieceCount += 1
        lines += sent.lines.map(\.array)
        offsets += sent.lines.indices.map { sent.first + $0 }
        if isStalled { queuedBytes += sent.lines.reduce(0) { $0 + $1.count } }
    }

    func joined(at position: Position) { joined = position }
    func waitForRoom(_ subscription: Subscription) { waiting = subscription }
    func cut(_ reason: CutReason) { cutReason = reason }

    /// Takes everything that is queued.
    func take() {
        queuedBytes = 0
        waiting.take()?.room()
    }
}
