import LogLine
import Testing

@testable import Replication

@Suite("Writes that wait for pods")
final class ConfirmationTests {
    private var registry = ReplicaRegistry(epoch: ownEpoch, window: .seconds(60))
    private var confirmations = Confirmations(startedAt: .seconds(-10))
    private var sequence: UInt64 = 0

    private func applied(
        _ name: String, _ offset: UInt64, epoch: Epoch? = ownEpoch, ready isReady: Bool = true,
        at now: Duration = .zero
    ) throws {
        sequence += 1
        _ = registry.take(
            try report(
                name, incarnation: UInt64(name.utf8.reduce(0) { $0 + Int($1) }), sequence, epoch: epoch,
                at: offset, ready: isReady), head: Offset(100), at: now)
    }

    private func wait(
        _ offset: UInt64, _ requirement: ConfirmationRequirement, timeout: Duration = .seconds(5),
        at now: Duration = .zero
    ) throws -> Int {
        let number = confirmations.add(Offset(offset), requirement, timeout: timeout, at: now)
        return try #require(number)
    }

    /// Number of the wait, whether it is confirmed, by how many, of how many.
    private func settle(at now: Duration = .zero) -> [[Int]] {
        confirmations.settle(registry, at: now).map {
            [$0.number, $0.isConfirmed ? 1 : 0, $0.confirmation.confirmedBy, $0.confirmation.of]
        }
    }

    @Test("A number is granted as soon as so many pods have applied the line")
    func number() throws {
        try applied("a", 10)
        try applied("b", 9)
        let number = try wait(10, .replicas(2))
        #expect(settle().isEmpty)
        try applied("c", 11)
        #expect(settle() == [[number, 1, 2, 3]])
        #expect(settle().isEmpty)
    }

    @Test("Each wait is settled by itself, whatever came before it")
    func independent() throws {
        try applied("a", 10)
        let never = try wait(50, .replicas(1))
        let now = try wait(10, .replicas(1))
        #expect(settle() == [[now, 1, 1, 1]])
        #expect(confirmations.asked == Offset(50))
        try applied("a", 50)
        #expect(settle() == [[never, 1, 1, 1]])
        #expect(confirmations.asked == nil)
    }

    @Test("A majority is one of all pods that are known: an isolated pod does not confirm alone")
    func majority() throws {
        for name in ["a", "b", "c", "d", "e"] { try applied(name, 5) }
        let number = try wait(10, .majority, timeout: .seconds(30))
        try applied("a", 10, at: .seconds(20))
        try applied("b", 10, at: .seconds(20))
        #expect(settle(at: .seconds(20)).isEmpty)
        try applied("c", 10, ready: false, at: .seconds(20))
        #expect(settle(at: .seconds(20)) == [[number, 1, 3, 5]])
    }

    @Test("Half of the pods is no majority, and none of none is none either")
    func half() throws {
        _ = try wait(1, .majority, timeout: .zero)
        #expect(settle().map { $0[1] } == [0])
        for name in ["a", "b", "c", "d"] { try applied(name, 0) }
        _ = try wait(1, .majority)
        try applied("a", 1)
        try applied("b", 1)
        #expect(settle().isEmpty)
    }

    @Test("All means every ready pod that is not silent, and at least one")
    func all() throws {
        let number = try wait(10, .all)
        #expect(settle().isEmpty)
        try applied("late", 0, ready: false)
        try applied("a", 9)
        try applied("b", 10)
        #expect(settle().isEmpty)
        try applied("b", 10, at: .seconds(3))
        #expect(settle(at: .seconds(3)) == [[number, 1, 1, 1]])
    }

    @Test("A pod of another epoch counts as known and confirms nothing")
    func otherEpoch() throws {
        try applied("a", 10)
        try applied("b", 90, epoch: Epoch(0xB))
        let number = try wait(10, .replicas(2), timeout: .seconds(1))
        #expect(settle().isEmpty)
        #expect(settle(at: .seconds(1)) == [[number, 0, 1, 2]])
    }

    @Test("When its time is over a wait is answered with how many there are")
    func timeout() throws {
        try applied("a", 10)
        let number = try wait(10, .replicas(3), timeout: .seconds(2))
        #expect(settle(at: .milliseconds(1999)).isEmpty)
        #expect(settle(at: .seconds(2)) == [[number, 0, 1, 1]])
        #expect(confirmations.count == 0)
    }

    @Test("After the log's start majority and all wait for the pods to be heard of; a number does not")
    func start() throws {
        confirmations = Confirmations(startedAt: .zero)
        try applied("a", 10)
        let number = try wait(10, .replicas(1))
        let majority = try wait(10, .majority, timeout: .seconds(30))
        let all = try wait(10, .all, timeout: .seconds(30))
        #expect(settle(at: .seconds(1)).map { $0[0] } == [number])
        try applied("a", 10, at: .seconds(5))
        #expect(settle(at: .seconds(5)).map { $0[0] } == [majority, all])
    }

    @Test("A cancelled wait is not settled, and no more wait than there is room for")
    func bounds() throws {
        var numbers = Set<Int>()
        for _ in 0..<ConfirmationLimits.waitsMax { numbers.insert(try wait(1, .replicas(1))) }
        let oneMore = confirmations.add(Offset(1), .all, timeout: .zero, at: .zero)
        #expect(oneMore == nil)
        confirmations.cancel(numbers)
        try applied("a", 10)
        #expect(settle(at: .seconds(100)).isEmpty)
    }

    @Test("How long it took is counted from when the wait began")
    func took() throws {
        _ = try wait(10, .replicas(1), at: .milliseconds(100))
        try applied("a", 10, at: .milliseconds(130))
        let settled = confirmations.settle(registry, at: .milliseconds(130))
        let outcome = try #require(settled.first)
        #expect(outcome.confirmation.took == .milliseconds(30))
    }
}

@Suite("What a write can ask for")
struct ConfirmationRequirementTests {
    @Test("is durable, a number, a majority or all")
    func parse() {
        #expect(ConfirmationRequirement("durable") == .durable)
        #expect(ConfirmationRequirement("1") == .replicas(1))
        #expect(ConfirmationRequirement("1000") == .replicas(1000))
        #expect(ConfirmationRequirement("majority") == .majority)
        #expect(ConfirmationRequirement("all") == .all)
        for text in ["", "0", "01", "-1", "+1", "1001", "10000", "1.0", "ALL", " all", "half"] {
            #expect(ConfirmationRequirement(text) == nil)
        }
        for text in ["durable", "7", "majority", "all"] {
            #expect(ConfirmationRequirement(text)?.description == text)
        }
    }
}

@Suite("The question for confirmations")
struct ConfirmationWaitTests {
    @Test("is one object a line, and so is the answer")
    func roundTrip() throws {
        let wait = ConfirmationWait(
            offset: Offset(42), epoch: ownEpoch, requirement: .majority, timeout: .milliseconds(1500),
            number: 7)
        let text = encoded { wait.encode(into: $0) }
        #expect(
            text == """
                {"offset":42,"confirm":"majority","timeout_ms":1500,"epoch":"000000000000000a","wait":7}\n
                """)
        #expect(try Array(text.utf8.dropLast()).withUnsafeBytes { try ConfirmationWait.decode($0) } == wait)
        let result = ConfirmationResult(
            isConfirmed: true,
            confirmation: Confirmation(confirmedBy: 3, of: 5, took: .microseconds(1204)))
        let answer = encoded { result.encode(of: wait, into: $0) }
        #expect(
            answer == """
                {"offset":42,"confirm":"majority","confirmed_by":3,"of":5,"took_ms":1.204,"confirmed":true,\
                "wait":7}\n
                """)
        let read = try Array(answer.utf8.dropLast()).withUnsafeBytes { try ConfirmationResult.decode($0) }
        #expect(read.number == 7 && read.result.isConfirmed)
        #expect(read.result.confirmation.confirmedBy == 3 && read.result.confirmation.of == 5)
    }

    @Test(
        "that is none is refused",
        arguments: [
            "{}", #"{"offset":1}"#, #"{"confirm":"all"}"#, #"{"offset":1,"confirm":"some"}"#,
            #"{"offset":1,"confirm":"all","timeout_ms":60001}"#, #"{"offset":1,"confirm":"all","x":1}"#,
        ])
    func refused(text: String) {
        #expect(throws: InvalidField.self) {
            try Array(text.utf8).withUnsafeBytes { try ConfirmationWait.decode($0) }
        }
    }
}

@Suite("The answer to a write that waited for pods")
struct ConfirmedResultTests {
    private func written() throws -> AppendResult {
        let receipt = Receipt(
            position: Position(epoch: ownEpoch, offset: Offset(42)), time: sampleTime,
            channel: try Channel(validating: Array("tea".utf8)),
            id: try MessageID(validating: Array("c7f3".utf8)))
        return .written(receipt)
    }

    private func result(_ isConfirmed: Bool) -> ConfirmationResult {
        ConfirmationResult(
            isConfirmed: isConfirmed,
            confirmation: Confirmation(confirmedBy: 2, of: 5, took: .milliseconds(3)))
    }

    @Test("says how many had it when as many had it as asked for")
    func confirmed() throws {
        let receipt = try #require(try written().with(result(true), .replicas(2)).receipt)
        let text = encoded { receipt.encode(into: $0) }
        #expect(text.hasSuffix(#","id":"c7f3","confirmed_by":2,"of":5,"took_ms":3.000}"#))
    }

    @Test("is a problem that says where the line is when too few had it")
    func unconfirmed() throws {
        guard case .refused(let problem) = try written().with(result(false), .majority) else {
            return #expect(Bool(false), "it is refused")
        }
        #expect(problem.status == 504)
        let text = encoded { problem.encode(into: $0) }
        #expect(text.contains("the line is durable at offset 42"))
        #expect(
            text.hasSuffix(
                #","offset":42,"epoch":"000000000000000a","confirmed_by":2,"of":5,"took_ms":3.000}"#))
    }

    @Test("stays a refusal when nothing was written")
    func refused() {
        let refusal = AppendResult.refused(Problem(.diskFull, "full"))
        #expect(refusal.with(result(true), .all) == refusal)
    }
}

@Suite("How long a line takes to be visible everywhere")
final class VisibilitySampleTests {
    private var registry = ReplicaRegistry(epoch: ownEpoch, window: .seconds(60))
    private var sequence: UInt64 = 0

    private func applied(
        _ name: String, incarnation: UInt64, _ offset: UInt64, at now: Duration
    ) throws {
        sequence += 1
        _ = registry.take(
            try report(name, incarnation: incarnation, sequence, at: offset), head: Offset(100), at: now)
    }

    @Test("is told by the last ready pod's report")
    func lastOne() throws {
        #expect(VisibilitySample(Offset(5), registry, at: .zero) == nil)
        for (number, name) in ["a", "b", "c"].enumerated() {
            try applied(name, incarnation: UInt64(number), 4, at: .zero)
        }
        var sample = try #require(VisibilitySample(Offset(5), registry, at: .zero))
        try applied("c", incarnation: 2, 5, at: .milliseconds(1))
        try applied("a", incarnation: 0, 5, at: .milliseconds(2))
        #expect(observe(&sample, at: .milliseconds(2)) == .waiting)
        try applied("b", incarnation: 1, 7, at: .milliseconds(3))
        let slowest = try replicaID("b")
        #expect(
            observe(&sample, at: .milliseconds(3))
                == .over(VisibilitySample.Outcome(took: .milliseconds(3), slowest: slowest)))
    }

    @Test("does not wait for a pod that starts anew or falls silent, but for a slow one, for a while")
    func goneAndSlow() throws {
        try applied("a", incarnation: 1, 4, at: .zero)
        try applied("b", incarnation: 2, 4, at: .zero)
        var sample = try #require(VisibilitySample(Offset(5), registry, at: .zero))
        try applied("a", incarnation: 3, 0, at: .seconds(1))
        #expect(observe(&sample, at: .seconds(1)) == .waiting)
        for second in 1...9 { try applied("b", incarnation: 2, 4, at: .seconds(second)) }
        #expect(observe(&sample, at: .seconds(9)) == .waiting)
        let slowest = try replicaID("b")
        #expect(
            observe(&sample, at: .seconds(10))
                == .over(VisibilitySample.Outcome(took: .seconds(10), slowest: slowest)))
        var lonely = try #require(VisibilitySample(Offset(6), registry, at: .seconds(10)))
        #expect(observe(&lonely, at: .seconds(13)) == .void)
    }

    private func observe(_ sample: inout VisibilitySample, at now: Duration) -> VisibilitySample.Verdict {
        sample.observe(registry, at: now)
    }
}
