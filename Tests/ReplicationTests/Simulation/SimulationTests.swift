import Glibc
import Replication
import Testing

@Suite("A simulated cluster")
struct SimulationTests {
    /// More in the long run: SIMULATION_SEEDS.
    static let seeds: Range<UInt64> = {
        guard let text = getenv("SIMULATION_SEEDS"), let count = UInt64(String(cString: text)) else {
            return 0..<200
        }
        return 0..<max(count, 1)
    }()

    @Test("agrees after any faults, applies each line once and in order, and loses nothing", arguments: seeds)
    func agrees(seed: UInt64) {
        let simulation = Simulation(seed: seed)
        simulation.run()
        #expect(simulation.violations.isEmpty, "seed \(seed): \(simulation.faults)")
    }

    @Test("does so in thousands of steps, with hundreds of writes, in which everything went wrong somewhere")
    func isBusy() {
        var (events, writes, discards, overflows) = (0, 0, 0, 0)
        var sources: Set<FollowerSource> = []
        for seed in 0..<8 {
            let simulation = Simulation(seed: UInt64(seed))
            simulation.run()
            events += simulation.time.eventsRun
            writes += simulation.writers.acknowledgedCount
            discards += simulation.pods.reduce(0) { $0 + $1.discards }
            overflows += simulation.pods.reduce(0) { $0 + $1.overflows }
            for pod in simulation.pods { sources.formUnion(pod.sources) }
        }
        #expect(events > 8 * 2000 && writes > 8 * 100)
        #expect(discards > 0 && overflows > 0 && sources == [.bootstrap, .redis, .tail])
    }

    @Test("is the same whenever it runs from the same seed")
    func isDeterministic() {
        let (first, second) = (Simulation(seed: 4), Simulation(seed: 4))
        first.run()
        second.run()
        #expect(first.log.identity == second.log.identity)
        #expect(first.time.eventsRun == second.time.eventsRun)
    }

    @Test("can fail: a pod that loses what it is told to apply is found out")
    func canFail() {
        let found = (0..<5).filter { seed in
            let simulation = Simulation(seed: UInt64(seed), isSabotaged: true)
            simulation.run()
            return !simulation.violations.isEmpty
        }
        #expect(found.count >= 4)
    }
}
