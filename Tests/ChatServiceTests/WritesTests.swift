import EventLoop
import LogLine
import LoopTestSupport
import Operations
import Replication
import Testing
import Views

@testable import ChatService

@Suite("The answer to a write", .loop)
struct WritesTests {
    @Test("A change waits until this pod shows it, a message does not")
    @LoopActor
    func moments() {
        let pod = PodBehind()
        var answered = [String]()
        pod.write(answered: .whenShown) { _ in answered.append("change") }
        pod.write(answered: .atOnce) { _ in answered.append("message") }
        #expect(answered == ["message"] && pod.waits.count == 1)
        pod.waits.applied(Offset(1))
        #expect(answered == ["message", "change"])
    }

    @Test("A change that this pod does not get to see is answered all the same")
    @LoopActor
    func late() async {
        let pod = PodBehind()
        let start = LoopClock.monotonic
        let result: AppendResult? = await withCheckedContinuation { continuation in
            pod.write(answered: .whenShown) { continuation.resume(returning: $0) }
        }
        #expect(result?.position == Position(epoch: PodBehind.epoch, offset: Offset(1)))
        #expect(LoopClock.monotonic - start < PodLimits.readWaitDefault)
    }

    @Test("A change is answered at once when too many wait already")
    @LoopActor
    func full() {
        let pod = PodBehind()
        while pod.waits.add(Offset(9), timeout: .seconds(60), { _ in }) {}
        var isAnswered = false
        pod.write(answered: .whenShown) { _ in isAnswered = true }
        #expect(isAnswered)
    }
}

/// A pod whose log takes everything, and brings no line.
@LoopActor
private final class PodBehind {
    static let epoch = Epoch(0xE)

    let waits = PositionWaits()
    private let writes: Writes

    init() {
        let log = SilentLog()
        let replica = Replica(
            upstream: log, bus: nil, follows: .stream, topics: Topics(clusterName: ""), seal: nil,
            makeHistory: { History(bytesMax: 0, hash: ChannelHash(seed: (1, 2))) },
            makeChat: { ChatState(hash: ChannelHash(seed: (3, 4))) },
            superseded: SupersededHistories(retention: .zero, historyBytesMax: 0), metrics: Metrics(),
            log: DiagnosticLog(service: "test", level: .error))
        writes = Writes(replica: replica, upstream: log, waits: waits, incarnation: 1)
    }

    func write(answered moment: Writes.Moment, _ completion: @escaping Writes.Completion) {
        writes.perform(
            answered: moment,
            { _ in
                Draft(channel: Channel(trusted: Array("tea".utf8)), body: .text(Array("x".utf8)))
            }, completion)
    }
}

@LoopActor
private final class SilentLog: @LoopActor LogUpstream {
    func append(_ draft: Draft, completion: @escaping (AppendResult) -> Void) {
        let position = Position(epoch: PodBehind.epoch, offset: Offset(1))
        completion(
            .written(
                Receipt(
                    position: position, time: Timestamp(milliseconds: 0), channel: draft.channel,
                    id: draft.id)))
    }

    func open(_ request: LogRequest, onEvent: @escaping (LogStreamEvent) -> Void) {}
    func close(_ request: Int) {}
    func report(_ report: ReplicaReport, completion: @escaping (Result<ReportAnswer, Problem>) -> Void) {}
    func read(
        _ target: String, accept: String?, onEvent: @escaping (PassedReadEvent) -> Void
    ) -> any PassedRead { preconditionFailure("nothing is read here") }
    func confirm(
        _ position: Position, _ requirement: ConfirmationRequirement, timeout: Duration,
        completion: @escaping (ConfirmationResult) -> Void
    ) {}
    var waitingConfirmations: Int { 0 }
    var isReachable: Bool { true }
    var waitingWrites: Int { 0 }
}
