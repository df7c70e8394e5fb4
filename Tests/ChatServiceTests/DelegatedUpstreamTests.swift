import EventLoop
import LogLine
import LoopTestSupport
import Replication
import Testing

@testable import ChatService

@Suite("From whom a pod of the tree gets its lines", .loop)
struct DelegatedUpstreamTests {
    @Test("A request waits until the log has named somebody, and stays alive meanwhile")
    @LoopActor
    func waiting() {
        let pod = TreePod()
        pod.open(1)
        #expect(pod.log.opened.isEmpty && pod.newsCount == 1)
        pod.answer(nil)
        #expect(pod.events == ["bytes"] && pod.log.opened.isEmpty)
        pod.answer(.log)
        #expect(pod.log.opened == [1] && pod.upstream.feeder == .log)
    }

    @Test("Lines come from the pod that the log names, and from another one when it names that")
    @LoopActor
    func moving() {
        let pod = TreePod()
        pod.answer(.replica(named("a")))
        pod.open(1, proof: TreePod.epoch)
        #expect(pod.pods["a"]?.opened == [1] && pod.log.opened.isEmpty)
        pod.pods["a"]?.send(.started(epoch: TreePod.epoch, head: Offset(4)))
        pod.answer(.replica(named("a")))
        #expect(pod.events == ["started"])
        pod.answer(.replica(named("b")))
        #expect(pod.events == ["started", "moved"] && pod.pods["a"]?.closed == [1])
        pod.open(2, proof: TreePod.epoch)
        #expect(pod.pods["b"]?.opened == [2])
    }

    @Test("An edge that the restarted log only knows by name is kept")
    @LoopActor
    func adopted() {
        let pod = TreePod()
        pod.answer(.replica(named("a")))
        pod.open(1, proof: TreePod.epoch)
        pod.upstream.answered(
            TreePod.position, UpstreamAssignment(node: .replica(named("a")), address: nil), told: nil)
        #expect(pod.upstream.feeder == .replica(named("a")) && pod.pods["a"]?.closed == [])
    }

    @Test("A feeder whose stream ends or brings nothing is lost, and told to the log until it knows")
    @LoopActor
    func losing() {
        let pod = TreePod()
        pod.answer(.replica(named("a")))
        pod.open(1, proof: TreePod.epoch)
        pod.pods["a"]?.send(.ended(.broken, reason: "reset"))
        #expect(pod.events == ["broken"] && pod.upstream.lost == .replica(named("a")) && pod.newsCount == 2)
        // An answer that was under way names it once more
        pod.answer(.replica(named("a")))
        #expect(pod.upstream.feeder == nil && pod.upstream.lost == .replica(named("a")))
        pod.answer(.replica(named("b")), told: .replica(named("a")))
        pod.open(2, proof: TreePod.epoch)
        #expect(pod.upstream.lost == nil && pod.pods["b"]?.opened == [2])
        pod.upstream.close(2)
        #expect(pod.upstream.lost == .replica(named("b")) && pod.pods["b"]?.closed == [2])
    }

    @Test("Another pod's refusal is a broken stream; the log is asked next, and only its word counts")
    @LoopActor
    func refusal() {
        let pod = TreePod()
        pod.answer(.replica(named("a")))
        pod.open(1, proof: TreePod.epoch)
        pod.pods["a"]?.send(.ended(.conflict(.epoch(now: Epoch(7))), reason: nil))
        #expect(pod.events == ["broken"] && pod.upstream.lost == .replica(named("a")))
        pod.open(2, proof: TreePod.epoch)
        #expect(pod.log.opened == [2])
        // It confirms our history: lines come from whom it names again
        pod.answer(.replica(named("b")), told: .replica(named("a")))
        pod.log.send(.started(epoch: TreePod.epoch, head: Offset(4)))
        #expect(pod.events == ["broken", "started", "moved"] && pod.log.closed == [2])
        pod.open(3, proof: TreePod.epoch)
        #expect(pod.pods["b"]?.opened == [3])
    }

    @Test("A pod of another epoch is left before a line is taken from it, also by one that remembers nothing")
    @LoopActor
    func foreignEpoch() {
        let pod = TreePod()
        pod.answer(.replica(named("a")))
        pod.open(1)
        pod.pods["a"]?.send(.started(epoch: Epoch(7), head: Offset(4)))
        #expect(pod.events == ["broken"] && pod.upstream.lost == .replica(named("a")))
    }

    @Test(
        "When nobody who is named feeds the pod, the log itself does for a while, then they are tried again")
    @LoopActor
    func unreachable() {
        let pod = TreePod()
        for (number, name) in ["a", "b", "c"].enumerated() {
            pod.answer(.replica(named(name)), told: pod.upstream.lost)
            pod.open(number + 1, proof: TreePod.epoch)
            pod.pods[name]?.send(.ended(.broken, reason: "refused"))
        }
        #expect(pod.upstream.lost == .replica(named("c")) && pod.unreachable == [.replica(named("c"))])
        #expect(pod.upstream.feeder == .log && pod.upstream.tier == 1)
        pod.open(4, proof: TreePod.epoch)
        pod.answer(.replica(named("d")), told: .replica(named("c")))
        #expect(pod.log.opened == [4] && pod.log.closed == [] && pod.upstream.feeder == .log)
        pod.time += PodLimits.directTime
        pod.answer(.replica(named("d")))
        #expect(pod.log.closed == [4] && pod.events.last == "moved")
        pod.open(5, proof: TreePod.epoch)
        pod.pods["d"]?.send(.ended(.broken, reason: "refused"))
        #expect(pod.upstream.feeder == .log && pod.unreachable.count == 2)
    }

    @Test("Feeders that have fed the pod for a while may end one after another")
    @LoopActor
    func endings() {
        let pod = TreePod()
        for (number, name) in ["a", "b", "c", "d"].enumerated() {
            pod.answer(.replica(named(name)), told: pod.upstream.lost)
            pod.open(number + 1, proof: TreePod.epoch)
            pod.time += PodLimits.feedTimeMin
            pod.pods[name]?.send(.ended(.broken, reason: "reset"))
        }
        #expect(pod.upstream.feeder == nil && pod.unreachable.isEmpty)
    }

    @Test("A doubt is the log's to settle, and its refusal is passed on")
    @LoopActor
    func doubt() {
        let pod = TreePod()
        pod.answer(.replica(named("a")))
        pod.open(1, proof: TreePod.epoch, settlesDoubt: true)
        #expect(pod.log.opened == [1] && pod.pods["a"]?.opened == [])
        pod.log.send(.ended(.conflict(.digest), reason: nil))
        #expect(pod.events == ["conflict"])
        // Nothing is remembered any more: how far the log is has to be told anew before another pod is asked
        pod.open(2)
        #expect(pod.pods["a"]?.opened == [])
        pod.answer(.replica(named("a")))
        #expect(pod.pods["a"]?.opened == [2])
    }
}

/// A delegated upstream over streams that the test ends and feeds.
@LoopActor
private final class TreePod {
    static let epoch = Epoch(0xE)
    static let position = Position(epoch: epoch, offset: Offset(4))

    let log = ScriptedLines()
    private(set) var pods: [String: ScriptedLines] = [:]
    private(set) var events: [String] = []
    private(set) var newsCount = 0
    private(set) var unreachable: [Feeder] = []
    var time = Duration.seconds(100)
    private(set) lazy var upstream: DelegatedUpstream = {
        let upstream = DelegatedUpstream(log: log, now: { [unowned self] in time }) {
            [unowned self] address in
            let pod = ScriptedLines()
            pods[address] = pod
            return pod
        } onUnreachable: { [unowned self] in
            unreachable.append($0)
        }
        upstream.onNews = { [unowned self] in newsCount += 1 }
        return upstream
    }()

    /// A replica's address is its name.
    func answer(_ feeder: Feeder?, told: Feeder? = nil) {
        var address: String?
        if case .replica(let name)? = feeder { address = name.description }
        upstream.answered(
            TreePod.position, feeder.map { UpstreamAssignment(node: $0, address: address) }, told: told)
    }

    func open(_ number: Int, proof: Epoch? = nil, settlesDoubt: Bool = false) {
        let proof = proof.map { LogRequest.Proof(epoch: $0, digest: .zero) }
        let request = LogRequest(
            number: number, mode: .live, after: .zero, proof: proof, settlesDoubt: settlesDoubt)
        upstream.open(request) { [unowned self] in events.append(TreePod.word($0)) }
    }

    private static func word(_ event: LogStreamEvent) -> String {
        switch event {
        case .started: "started"
        case .bytes: "bytes"
        case .ended(.complete, _): "complete"
        case .ended(.broken, _): "broken"
        case .ended(.moved, _): "moved"
        case .ended(.conflict, _): "conflict"
        }
    }
}

@LoopActor
private final class ScriptedLines: @LoopActor LogUpstream {
    private(set) var opened: [Int] = []
    private(set) var closed: [Int] = []
    private var onEvent: ((LogStreamEvent) -> Void)?

    func send(_ event: LogStreamEvent) { onEvent?(event) }

    func open(_ request: LogRequest, onEvent: @escaping (LogStreamEvent) -> Void) {
        opened.append(request.number)
        self.onEvent = onEvent
    }

    func close(_ request: Int) { closed.append(request) }
    func append(_ draft: Draft, completion: @escaping (AppendResult) -> Void) {}
    func report(_ report: ReplicaReport, completion: @escaping (Result<ReportAnswer, Problem>) -> Void) {}
    func read(
        _ target: String, accept: String?, onEvent: @escaping (PassedReadEvent) -> Void
    ) -> any PassedRead { NoRead() }
    func confirm(
        _ position: Position, _ requirement: ConfirmationRequirement, timeout: Duration,
        completion: @escaping (ConfirmationResult) -> Void
    ) {}
    var waitingConfirmations: Int { 0 }
    var isReachable: Bool { true }
    var waitingWrites: Int { 0 }

    private final class NoRead: PassedRead {
        func pause() {}
        func resume() {}
        func cancel() {}
    }
}

/// A name that a test writes itself.
private func named(_ text: String) -> ReplicaID {
    guard let id = ReplicaID(text) else { preconditionFailure("\(text) is no name of a replica") }
    return id
}
