import Replication
import Testing

@Suite("A simulated tree")
struct TreeSimulationTests {
    /// Half a minute: three seconds of silence, then one report and a start for each tier.
    static let settleStepsMax = 300

    @Test(
        "keeps its invariant in every step, whatever goes wrong, and then reaches everybody",
        arguments: [(1, 10), (2, 30), (2, 100), (8, 100), (8, 300)])
    func converges(fanout: Int, count: Int) {
        let seed = UInt64(fanout * 1000 + count)
        let simulation = TreeSimulation(seed: seed, fanout: fanout, count: count)
        let steps = simulation.run(settleStepsMax: Self.settleStepsMax)
        #expect(simulation.violations == [])
        #expect(steps != nil, "seed \(seed): no agreement after \(Self.settleStepsMax) steps")
        #expect(simulation.pods.count > 3)
    }

    @Test("survives restarts of the log that forgets everything")
    func restarts() {
        var restarts = 0
        for seed in 0..<4 {
            let simulation = TreeSimulation(seed: UInt64(seed), fanout: 3, count: 25)
            #expect(simulation.run(settleStepsMax: Self.settleStepsMax) != nil, "seed \(seed)")
            #expect(simulation.violations == [])
            restarts += simulation.restarts
        }
        #expect(restarts > 3)
    }
}
