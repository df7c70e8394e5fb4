import LogLine
import Testing

@testable import Views

@Suite("Many pods deciding at once")
struct ChatSimulationTests {
    @Test(
        "never get anything into the log that its rules forbid, and come to the same",
        arguments: UInt64(1)...30)
    func rules(seed: UInt64) throws {
        // Given
        var simulation = ChatSimulation(seed: seed, pods: 4)
        // When
        for _ in 0..<1_500 { try simulation.step() }
        try simulation.finish()
        // Then
        var oracle = ChatOracle()
        for (index, line) in simulation.log.lines.enumerated() {
            let verdict = try oracle.judge(line)
            #expect(verdict == nil, "seed \(seed), offset \(index + 1)")
        }
        #expect(simulation.refusals > 0, "seed \(seed): nothing was ever refused")
        let messages = (1...simulation.log.lines.count).map { Offset(UInt64($0)) }
        let summaries = (simulation.pods + [simulation.log.state]).map {
            $0.summary(
                messages: messages, channels: ["@r1", "@r2", "@r3", "@d", "tea"],
                names: ["alice", "bob", "carol", "dave", "eve"])
        }
        #expect(Set(summaries).count == 1, "seed \(seed)")
        expect(simulation.log.state, agreesWith: oracle, seed)
    }

    private func expect(_ state: ChatState, agreesWith oracle: ChatOracle, _ seed: UInt64) {
        #expect(state.rooms.count == oracle.rooms.count, "seed \(seed)")
        for room in state.rooms.list {
            let members = state.members(of: room).map { member in
                let name = String(decoding: AccountName.lowercased(member.account.name), as: UTF8.self)
                return (name, String(decoding: member.role.name, as: UTF8.self))
            }
            let expected = oracle.rooms[String(decoding: room.channel, as: UTF8.self)]?.mapValues(\.role)
            #expect(Dictionary(uniqueKeysWithValues: members) == expected, "seed \(seed)")
        }
        for offset in 1...state.applied.value {
            let isDeleted = oracle.deleted.contains(Int(offset))
            #expect(state.amendments.isDeleted(Offset(offset)) == isDeleted, "seed \(seed)")
        }
    }
}
