import Testing

@testable import Replication

@Suite("Confirmed writes in a cluster with faults")
struct ConfirmationSimulationTests {
    @Test(
        "Every write that is answered as confirmed by N pods had been applied by N pods at that moment",
        arguments: [(1, 3, 300), (2, 5, 300), (3, 20, 80), (4, 100, 20), (5, 300, 10)]
            as [(UInt64, Int, Int)])
    func truth(seed: UInt64, podCount: Int, writes: Int) throws {
        var simulation = try ConfirmationSimulation(seed: seed, podCount: podCount)
        simulation.run(writes: writes)
        #expect(simulation.lies.isEmpty, "seed \(seed): \(simulation.lies.prefix(3))")
        #expect(
            simulation.confirmedCount + simulation.refusedCount == simulation.addedCount,
            "seed \(seed): every write is answered")
        #expect(simulation.confirmedCount > simulation.addedCount / 5, "seed \(seed)")
        // A few writes may all be confirmed.
        #expect(writes < 80 || simulation.refusedCount > 0, "seed \(seed)")
    }
}
