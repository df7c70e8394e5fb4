import Testing

@testable import TerminalChat

@Suite("Where to connect next")
struct StreamPlanTests {
    private func delay(_ step: StreamPlan.Step) -> Duration? {
        guard case .connect(_, let delay) = step else { return nil }
        return delay
    }

    private func server(_ step: StreamPlan.Step) -> Int? {
        guard case .connect(let server, _) = step else { return nil }
        return server
    }

    @Test("When one server dies the next one is tried at once, and all again after growing delays")
    func rotation() throws {
        var plan = StreamPlan(serverCount: 3, seed: 1)
        let steps = (0..<6).map { _ in plan.next(after: .broken("gone")) }
        #expect(steps.map(server) == [1, 2, 0, 1, 2, 0])
        let delays = steps.compactMap(delay)
        #expect(delays[0] == .milliseconds(100) && delays[1] == .milliseconds(100))
        #expect(delays[2] >= StreamPlan.delayMin / 2 && delays[5] > delays[2])
        #expect(delays.allSatisfy { $0 <= StreamPlan.delayMax })
        plan.becameLive()
        #expect(delay(plan.next(after: .broken("gone"))) == .milliseconds(100))
    }

    @Test("A server that shuts down is left for as long as it said")
    func goodbye() {
        var plan = StreamPlan(serverCount: 2, seed: 1)
        plan.toldGoodbye(retry: .milliseconds(1_234))
        #expect(
            plan.next(after: .closed(code: 1012, reason: ""))
                == .connect(server: 1, after: .milliseconds(1_234)))
        let step = plan.next(after: .closed(code: 1012, reason: "retry in 700 ms"))
        #expect(step == .connect(server: 0, after: .milliseconds(700)))
    }

    @Test(
        "Who was signed out does not come back; the token is void when a chat-server says so",
        arguments: [
            (StreamPlan.End.closed(code: 4001, reason: "why"), true), (.tokenRefused("why"), true),
            (.closed(code: 1008, reason: "why"), false),
            (.refused(status: 401, retryAfter: nil, reason: "why"), false),
        ])
    func signedOut(end: StreamPlan.End, tokenIsVoid: Bool) {
        var plan = StreamPlan(serverCount: 2, seed: 1)
        #expect(plan.next(after: end) == .signedOut("why", tokenIsVoid: tokenIsVoid))
    }

    @Test("A full server is asked again no earlier than it says")
    func busy() throws {
        var plan = StreamPlan(serverCount: 1, seed: 1)
        let step = plan.next(after: .refused(status: 503, retryAfter: 5, reason: "full"))
        #expect(try #require(delay(step)) >= .seconds(5))
        #expect(try #require(delay(plan.next(after: .closed(code: 1013, reason: "")))) >= .seconds(1))
    }

    @Test("Who was too slow, or has another log now, comes back to the same server", arguments: [4000, 4002])
    func same(code: Int) {
        var plan = StreamPlan(serverCount: 2, seed: 1)
        #expect(server(plan.next(after: .closed(code: UInt16(code), reason: ""))) == 0)
    }
}
