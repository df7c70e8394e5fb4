import Testing

@testable import SegmentStore

@Suite struct CrashTests {
    @Test("Nothing acknowledged is lost, and nothing else appears, at thousands of crash points")
    func survivesCrashes() throws {
        var coverage = CrashSimulation.Coverage()
        for seed in UInt64(0)..<600 {
            var simulation = CrashSimulation(seed: seed)
            try simulation.run(crashes: 10)
            coverage += simulation.coverage
        }
        #expect(coverage.least >= 50, "\(coverage)")
        print("6000 crash points: \(coverage)")
    }

    @Test(
        "A log that acknowledges before it syncs loses lines only with a new epoch",
        arguments: [Durability.none, .interval(.milliseconds(300))])
    func survivesCrashesWithoutSync(_ durability: Durability) throws {
        for seed in UInt64(0)..<50 {
            var simulation = CrashSimulation(seed: seed, durability: durability)
            try simulation.run(crashes: 10)
        }
    }

    @Test(
        "The simulation notices a disk that does not do what a sync promises",
        arguments: [(true, false), (false, true)])
    func noticesLies(_ data: Bool, _ directories: Bool) {
        let caught = (UInt64(0)..<20).filter { seed in
            var simulation = CrashSimulation(seed: seed)
            simulation.files.lie(aboutData: data, aboutDirectories: directories)
            do { try simulation.run(crashes: 20) } catch { return true }
            return false
        }
        #expect(caught.count > 10)
    }
}
