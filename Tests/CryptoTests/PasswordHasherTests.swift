import TestSupport
import Testing

@testable import Crypto

@Suite("The hashing threads")
struct PasswordHasherTests {
    private static let cheap = PasswordCost(memoryKiB: 8, passes: 1)

    @Test("A password is hashed, and checks right and wrong against that hash")
    func hashAndCheck() throws {
        let hasher = PasswordHasher(cost: Self.cheap)
        defer { hasher.stop() }
        let made = try answer { try hasher.hash(password("hunter2 hunter2"), $0) }
        let hash = try made.get()
        let right = try answer { try hasher.check(password("hunter2 hunter2"), against: hash, $0) }
        #expect(right == .success(.right(needsRehash: true)))
        let wrong = try answer { try hasher.check(password("hunter2 hunter3"), against: hash, $0) }
        #expect(wrong == .success(.wrong))
    }

    @Test("A hash of the standard cost needs no other")
    func standard() throws {
        let hasher = PasswordHasher()
        defer { hasher.stop() }
        let hash = try answer { try hasher.hash(password("hunter2 hunter2"), $0) }.get()
        let right = try answer { try hasher.check(password("hunter2 hunter2"), against: hash, $0) }
        #expect(right == .success(.right(needsRehash: false)))
    }

    @Test("An account that is not there is never right, and takes the time of one that is")
    func unknownAccount() throws {
        let hasher = PasswordHasher()
        defer { hasher.stop() }
        let hash = try answer { try hasher.hash(password("hunter2 hunter2"), $0) }.get()
        var known = Duration.seconds(60)
        var unknown = Duration.seconds(60)
        for _ in 0..<5 {
            known = min(known, try time(hasher, against: hash))
            unknown = min(unknown, try time(hasher, against: nil))
        }
        #expect(unknown > known * 0.5 && unknown < known * 2, "\(unknown) against \(known)")
    }

    @Test("When the queue is full the next is refused at once, and those in it are answered in order")
    func busy() throws {
        let hasher = PasswordHasher(cost: Self.cheap, waitingMax: 3)
        defer { hasher.stop() }
        let gate = Gate()
        let order = Inbox<Int>()
        try hasher.hash(password("first one in")) { _ in gate.pass() }
        gate.awaitArrival()
        for index in 0..<3 {
            try hasher.hash(password("hunter2 hunter2")) { _ in order.add(index) }
        }
        #expect(hasher.waiting == 3)
        #expect(throws: PasswordHasherError.busy(waiting: 3)) {
            try hasher.hash(password("hunter2 hunter2")) { _ in order.add(-1) }
        }
        #expect(throws: PasswordHasherError.busy(waiting: 3)) {
            try hasher.check(password("hunter2 hunter2"), against: nil) { _ in order.add(-1) }
        }
        gate.open()
        #expect(order.wait { $0.count == 3 })
        #expect(order.all == [0, 1, 2])
    }

    @Test("Stopping finishes what is worked at, answers what waits, refuses what comes, and ends the thread")
    func stopping() throws {
        let hasher = PasswordHasher(cost: Self.cheap)
        let gate = Gate()
        let answers = Inbox<String>()
        try hasher.hash(password("first one in")) { _ in
            gate.pass()
            answers.add("first")
        }
        gate.awaitArrival()
        try hasher.hash(password("hunter2 hunter2")) { answers.add("\($0 == .failure(.stopped))") }
        try hasher.check(password("hunter2 hunter2"), against: nil) {
            answers.add("\($0 == .failure(.stopped))")
            gate.open()
        }
        hasher.stop()
        #expect(answers.all.sorted() == ["first", "true", "true"])
        #expect(throws: PasswordHasherError.stopped) { try hasher.hash(password("hunter2 hunter2")) { _ in } }
    }

    @Test("Several threads work at once")
    func threads() throws {
        let hasher = PasswordHasher(threads: 2, cost: Self.cheap)
        defer { hasher.stop() }
        let gates = [Gate(), Gate()]
        for gate in gates { try hasher.hash(password("one of the two")) { _ in gate.pass() } }
        for gate in gates { gate.awaitArrival() }
        for gate in gates { gate.open() }
    }

    @Test("A hasher that nobody holds any more answers what waits")
    func abandoned() throws {
        let gate = Gate()
        let answers = Inbox<Bool>()
        var hasher: PasswordHasher? = PasswordHasher(cost: Self.cheap)
        try hasher?.hash(password("first one in")) { _ in gate.pass() }
        gate.awaitArrival()
        try hasher?.hash(password("hunter2 hunter2")) { answers.add($0 == .failure(.stopped)) }
        hasher = nil
        #expect(answers.wait { $0 == [true] })
        gate.open()
    }

    @Test("No memory is an error of its own")
    func outOfMemory() throws {
        let cost = PasswordCost(memoryKiB: 1 << 32, passes: 1)
        let hasher = PasswordHasher(cost: cost)
        defer { hasher.stop() }
        let made = try answer { try hasher.hash(password("hunter2 hunter2"), $0) }
        #expect(made == .failure(.outOfMemory(bytes: cost.memoryBytes)))
    }

    /// What comes of one question.
    private func answer<Value: Sendable>(
        _ ask: (@escaping PasswordHasher.Answer<Value>) throws -> Void
    ) throws -> Result<Value, PasswordHasherError> {
        let answers = Inbox<Result<Value, PasswordHasherError>>()
        try ask { answers.add($0) }
        #expect(answers.wait { !$0.isEmpty })
        return try #require(answers.all.first)
    }

    private func time(_ hasher: PasswordHasher, against hash: PasswordHash?) throws -> Duration {
        try ContinuousClock().measure {
            let verdict = try answer { try hasher.check(password("hunter2 hunter3"), against: hash, $0) }
            #expect(verdict == .success(.wrong))
        }
    }

    private func password(_ text: String) throws -> Password { try Password(validating: Array(text.utf8)) }
}

/// Holds a thread until it is let through.
private final class Gate: Sendable {
    private let arrivals = Inbox<Void>()
    private let openings = Inbox<Void>()

    /// Called by the thread.
    func pass() {
        arrivals.add(())
        _ = openings.wait { !$0.isEmpty }
    }

    func awaitArrival() { #expect(arrivals.wait { !$0.isEmpty }) }
    func open() { openings.add(()) }
}
